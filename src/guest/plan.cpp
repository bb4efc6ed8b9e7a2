#include "plan.hpp"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <string_view>

#include "files.hpp"

namespace ebpfkit::guest {

namespace {

std::string unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    ++i;
    result += text[i] == 't' ? '\t' : text[i] == 'n' ? '\n' : text[i];
  }
  return result;
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    const size_t tab = line.find('\t');
    fields.push_back(unescaped(line.substr(0, tab)));
    if (tab == std::string_view::npos)
      return fields;
    line.remove_prefix(tab + 1);
  }
}

// Returns false for a line that is no line of a plan.
bool read_line(const std::vector<std::string>& fields, plan& result) {
  const std::string& word = fields[0];
  const size_t values = fields.size() - 1;
  if (word == "nonce" && values == 1) {
    result.nonce = fields[1];
  } else if (word == "module" && values == 1) {
    result.modules.push_back(fields[1]);
  } else if (word == "attach" && values == 0) {
    result.attach = true;
  } else if (word == "network" && values == 0) {
    result.network = true;
  } else if (word == "object" && values == 2) {
    result.objects.push_back({fields[1], fields[2] == "-" ? "" : fields[2], {}});
  } else if (word == "load" && values == 3 && !result.objects.empty()) {
    planned_load load;
    load.number = static_cast<unsigned>(strtoul(fields[1].c_str(), nullptr, 10));
    load.program = fields[2];
    load.is_alone = fields[3] == "alone";
    result.objects.back().loads.push_back(load);
  } else if (word == "global" && values == 2 && !result.objects.empty() &&
             !result.objects.back().loads.empty()) {
    planned_load& load = result.objects.back().loads.back();
    load.globals.emplace_back(fields[1], fields[2]);
    load.is_alone = true;
  } else if (word == "argument" && values == 1) {
    result.command.push_back(fields[1]);
  } else if (word == "environment" && values == 1) {
    result.environment.push_back(fields[1]);
  } else if (word == "directory" && values == 1) {
    result.directory = fields[1];
  } else if (word == "shell" && values == 0) {
    result.shell = true;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string read_plan(const char* path, plan& result) {
  std::string text;
  if (!read_file(path, text))
    return std::string("cannot read the plan '") + path + "': " + strerror(errno);
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (!line.empty() && !read_line(split(line), result))
      return "the plan has a wrong line: " + std::string(line);
    if (end == std::string_view::npos)
      break;
    rest.remove_prefix(end + 1);
  }
  return result.nonce.empty() ? "the plan has no nonce" : "";
}

}  // namespace ebpfkit::guest
