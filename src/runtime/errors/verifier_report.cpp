// Parts of the verifier's log that only explanations need, not the error's own message.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"
#include "log_text.hpp"
#include "verifier_log.hpp"

namespace ebpfkit::detail {
namespace {

constexpr const char* report_titles[] = {"Verification failed", "Reason",      "At",
                                         "Instruction context", "Causal path", "Suggestion"};

// The title that the line begins with; null if it is none. Removes it.
const char* take_title(std::string_view& line) {
  for (const auto* title : report_titles) {
    const std::string_view text = title;
    if (starts_with(line, text) && starts_with(part_behind(line, text.size()), ":")) {
      line.remove_prefix(text.size() + 1);
      return title;
    }
  }
  return nullptr;
}

}  // namespace

// kernel/bpf/log.c, verbose_linfo().
logged_source read_source(std::string_view line) {
  logged_source read;
  line = trimmed(part_behind(line, 1));
  const auto at = starts_with(line, "@ ") ? 0 : line.rfind(" @ ");
  auto place = at == std::string_view::npos ? std::string_view()
                                            : trimmed(part_behind(line, at == 0 ? 2 : at + 3));
  const auto colon = place.rfind(':');
  auto number =
      colon == std::string_view::npos ? std::string_view() : part_behind(place, colon + 1);
  if (!take_number(number, read.line) || !number.empty()) {
    read.line = 0;
    read.text = line;
    return read;
  }
  read.text = trimmed(first(line, at));
  // clang gives some instructions the line 0: they belong to no line.
  if (read.line != 0)
    read.file = first(place, colon);
  return read;
}

// Linux 7.3 (commit ce7c9f6c599b) prints a report behind the log: "Verification failed: <what>" and
// sections such as "Reason:", "At:", "Causal path:" and "Suggestion:". The log itself ends as
// before. The statistics follow the report.
std::vector<report_section> take_report_sections(std::string_view& log) {
  std::vector<report_section> sections;
  const auto begin = log.rfind(report_begin);
  if (begin == std::string_view::npos)
    return sections;
  auto report = part_behind(log, begin + 1);
  log = first(log, begin);
  while (!report.empty()) {
    auto line = first(report, report.find('\n'));
    report.remove_prefix(std::min(line.size() + 1, report.size()));
    if (starts_with(line, "processed ") || starts_with(line, "verification time "))
      break;
    if (const char* title = take_title(line))
      sections.push_back({title, std::string(trimmed(line))});
    else if (!sections.empty()) {
      auto& text = sections.back().text;
      if (starts_with(line, "  "))
        line.remove_prefix(2);
      if (!text.empty() || !trimmed(line).empty())
        text += joined({text.empty() ? "" : "\n", line});
    }
  }
  for (auto& section : sections) {
    while (!section.text.empty() && section.text.back() == '\n')
      section.text.pop_back();
  }
  return sections;
}

// kernel/bpf/disasm.c. "7: <invalid CO-RE relocation>" is what libbpf prints for an instruction
// that it poisoned.
bool read_instruction(std::string_view line, logged_instruction& read) {
  auto rest = line;
  if (!take_number(rest, read.index) || !(starts_with(rest, ": (") || starts_with(rest, ": <")))
    return false;
  // Since Linux 5.18, states of registers follow: "7: (b7) r1 = 0      ; R1=0".
  const auto end = std::min(line.find(" ;"), line.size());
  read.text = trimmed(first(line, end));
  read.state = trimmed(part_behind(line, end + 2));
  read.code = part_behind(read.text, line.size() - rest.size() + 2);
  if (starts_with(read.code, "("))
    read.code =
        trimmed(part_behind(read.code, std::min(read.code.find(')'), read.code.size()) + 1));
  return true;
}

bool take_state_line(std::string_view& line) {
  auto rest = trimmed(line);
  unsigned number = 0;
  if (take_number(rest, number)) {
    if (!starts_with(rest, ":"))
      return false;
    rest = trimmed(part_behind(rest, 1));
  }
  if (starts_with(rest, "frame"))
    rest = trimmed(part_behind(rest, std::min(rest.find(':'), rest.size()) + 1));
  auto name = rest;
  if (!starts_with(name, "R"))
    return false;
  name.remove_prefix(1);
  // "R0=", "R0_w=", "R1_rw="; but "R1 type=ctx expected=fp" is a complaint.
  if (!take_number(name, number) || !(starts_with(name, "=") || starts_with(name, "_")))
    return false;
  line = rest;
  return true;
}

}  // namespace ebpfkit::detail
