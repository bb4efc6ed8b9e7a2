#include "export/header_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <initializer_list>
#include <map>
#include <regex>
#include <string_view>
#include <system_error>

#include "btf/type_graph.hpp"
#include "sources/depfile.hpp"
#include "sources/tokens.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/nearest_names.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// What preprocessed C says about a name.
struct declared_name {
  std::string_view keyword;  // struct, union or enum; empty: no tag
  bool is_defined = false;   // a `{` follows the tag
};

using declared_names = std::map<std::string_view, declared_name>;

// Finds all words of the text.
declared_names scan(std::string_view text) {
  declared_names names;
  source_tokens tokens(text);
  std::string_view keyword;
  for (auto token = tokens.next(); token.kind != token_kind::end;) {
    const auto next = tokens.next();
    if (token.kind != token_kind::word) {
      keyword = {};
    } else if (token.text == "struct" || token.text == "union" || token.text == "enum") {
      keyword = token.text;
    } else {
      auto& name = names[token.text];
      if (!keyword.empty() && next.text == "{")
        name = {keyword, true};
      else if (!keyword.empty() && name.keyword.empty())
        name.keyword = keyword;
      keyword = {};
    }
    token = next;
  }
  return names;
}

// `written` is the file that the command writes; null if it writes none.
std::string run(const std::vector<std::string>& command, const header_types_request& request,
                std::string_view what, const temporary_file* written) {
  const auto result = run_process(command);
  if (result.exit_status != 0 && written)
    written->check_space(result.errors);
  if (result.exit_status != 0)
    throw failure(
        fmt::format("clang cannot {} {}:\n{}", what, fmt::join(request.headers, ", "),
                    written ? written->in_message(result.errors) : result.errors),
        "Check HEADERS, INCLUDE_DIRECTORIES and OPTIONS (--header, -I and --option): they "
        "must be those that the kernel itself is compiled with.");
  return result.output;
}

std::vector<std::string> with(std::vector<std::string> command,
                              std::initializer_list<std::string> arguments) {
  command.insert(command.end(), arguments);
  return command;
}

// Returns how C writes the type that was asked for. Adds what is wrong to `problems`.
std::string spelling_of(const std::string& request, const declared_names& declared,
                        const header_types_request& all, std::string& problems) {
  const auto space = request.rfind(' ');
  const auto name = request.substr(space == std::string::npos ? 0 : space + 1);
  const auto given = space == std::string::npos ? std::string() : request.substr(0, space);
  const auto found = declared.find(name);
  if (!is_c_identifier(name) || found == declared.end()) {
    std::vector<std::string_view> names;
    for (const auto& [each, description] : declared) {
      if (description.is_defined)
        names.push_back(each);
    }
    problems += fmt::format("\n  no type '{}' in {}{}", request, fmt::join(all.headers, ", "),
                            nearest_names_hint(name, names));
    return {};
  }
  const auto keyword = found->second.keyword;
  if (keyword.empty() || given == "typedef")
    return name;
  if (!found->second.is_defined)
    problems += fmt::format("\n  '{} {}' is declared but not defined in {}", keyword, name,
                            fmt::join(all.headers, ", "));
  return fmt::format("{} {}", keyword, name);
}

}  // namespace

void compile_header_types(const header_types_request& request) {
  const auto source = fs::path(request.output).concat(".c");
  std::string text;
  for (const auto& header : request.headers)
    text += fmt::format("#include <{}>\n", header);
  write_output(source, text, unchanged::keep);
  date_output(source, {});
  const auto preprocessed =
      run(with(request.compiler, {"-E", "-P", source.string()}), request, "preprocess", nullptr);

  const auto declared = scan(preprocessed);
  std::string problems;
  for (std::size_t i = 0; i < request.types.size(); ++i)
    text += fmt::format("{} *ebpfkit_type_{};\n",
                        spelling_of(request.types[i], declared, request, problems), i);
  if (!problems.empty())
    throw failure("types that are asked for are not defined in the headers:" + problems,
                  "Check the spelling, and name the header that defines them in HEADERS.");
  write_output(source, text, unchanged::keep);
  date_output(source, {});

  const temporary_file code(request.output);
  const temporary_file written_depfile(request.depfile);
  run(with(request.compiler,
           {"-w", "-g", "-emit-llvm", "-MD", "-MF", written_depfile.path().string(), "-MQ",
            request.output.string(), "-c", source.string(), "-o", code.path().string()}),
      request, "compile", &code);
  temporary_file object(request.output);
  run({request.compiler.front(), "--target=bpfel", "-x", "ir", "-g", "-Wno-override-module", "-c",
       code.path().string(), "-o", object.path().string()},
      request, "make BTF of", &object);
  const auto depfile = read_file(written_depfile.path());
  write_output(request.depfile,
               absolute_depfile({reinterpret_cast<const char*>(depfile.data()), depfile.size()},
                                request.output.string(), fs::current_path()),
               unchanged::keep);
  object.commit(unchanged::touch);
  const std::vector<fs::path> inputs{request.compiler.front()};
  date_output(request.output, inputs);
}

std::string headers_release(const std::vector<fs::path>& directories) {
  const auto found_in = [](const fs::path& file, const std::regex& line) -> std::string {
    std::error_code error;
    if (!fs::is_regular_file(file, error))
      return {};
    const auto bytes = read_file(file);
    const std::string text(as_text(bytes));
    std::smatch match;
    return std::regex_search(text, match, line) ? match[1].str() : std::string();
  };
  static const std::regex release("UTS_RELEASE \"([A-Za-z0-9._+~-]+)\"");
  static const std::regex code("define LINUX_VERSION_CODE ([0-9]{1,9})\\b");
  for (const auto& directory : directories) {
    if (auto text = found_in(directory / "generated" / "utsrelease.h", release); !text.empty())
      return text;
    if (const auto text = found_in(directory / "linux" / "version.h", code); !text.empty()) {
      // KERNEL_VERSION() in that header.
      const auto number = std::stoul(text);
      return fmt::format("{}.{}.{}", number >> 16, number >> 8 & 0xff, number & 0xff);
    }
  }
  return {};
}

}  // namespace ebpfkit::host
