#include "verifier_log.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

constexpr auto npos = std::string_view::npos;

// libbpf prints a log between these marks (libbpf.c, bpf_object_load_prog).
constexpr std::string_view begin_mark = "-- BEGIN PROG LOAD LOG --\n";
constexpr std::string_view end_mark = "-- END PROG LOAD LOG --";

bool starts_with(std::string_view text, std::string_view part) {
  return first(text, part.size()) == part;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == npos)
    return {};
  text.remove_suffix(text.size() - text.find_last_not_of(blanks) - 1);
  text.remove_prefix(begin);
  return text;
}

// Removes the last line from the text and returns it.
std::string_view take_last_line(std::string_view& text) {
  if (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  auto line = text;
  line.remove_prefix(text.rfind('\n') + 1);  // npos + 1 is 0
  text.remove_suffix(line.size());
  return line;
}

std::string_view part_behind(std::string_view text, std::size_t begin) {
  text.remove_prefix(std::min(begin, text.size()));
  return text;
}

// Removes a number from the beginning of the text. False: there is none.
bool take_number(std::string_view& text, unsigned& number) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  number = 0;
  for (const char digit : first(text, digits))
    number = number * 10 + static_cast<unsigned>(digit - '0');
  text.remove_prefix(digits);
  return digits != 0;
}

// "processed 7 insns (limit 1000000) ...", "from 3 to 9: R0=...", "; return *value; @ a.c:12". With
// log level 2 also "mark_precise: frame0: last_idx 3 first_idx 0", before Linux 6.4 without its
// head
// ("last_idx 3 first_idx 0", "regs=1 stack=0 before 2: (b7) r0 = 0"). Log level 1 of Linux 5.10 has
// them, too, and states of registers in lines of their own.
bool is_reason(std::string_view line) {
  static constexpr const char* others[] = {"processed ",
                                           "verification time ",
                                           "stack depth ",
                                           "from ",
                                           "; ",
                                           "mark_precise: ",
                                           "last_idx ",
                                           "regs=",
                                           "parent didn't ",
                                           "parent already ",
                                           "func#",
                                           "caller:",
                                           "returning from ",
                                           "to caller at ",
                                           "callee:",
                                           "Live regs before insn:",
                                           "cur state:",
                                           "old state:"};
  for (const auto* start : others) {
    if (starts_with(line, start))
      return false;
  }
  // A log that was cut ends with "4:".
  return !line.empty() && line != ";" &&
         part_behind(line, line.find_first_not_of("0123456789")) != ":" && !take_state_line(line);
}

std::string source_line(std::string_view line) {
  const auto source = read_source(line);
  if (source.line == 0)
    return source.text;
  return formatted("%s (%s:%u)", source.text.c_str(), source.file.c_str(), source.line);
}

constexpr std::string_view report_begin = "\nVerification failed:";
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

// The first line of the section "Suggestion:".
std::string suggestion_of(const std::vector<report_section>& report) {
  for (const auto& section : report) {
    if (section.title == "Suggestion")
      return std::string(trimmed(first(section.text, section.text.find('\n'))));
  }
  return {};
}

}  // namespace

bool take_program_log(std::string_view& printed, program_log& taken) {
  const auto begin = printed.find(begin_mark);
  if (begin == npos)
    return false;
  // "libbpf: prog 'name': -- BEGIN PROG LOAD LOG --"
  constexpr std::string_view name_mark = "prog '";
  auto head = first(printed, begin);
  head.remove_prefix(head.rfind('\n') + 1);
  const auto name = head.find(name_mark);
  head.remove_prefix(name == npos ? head.size() : name + name_mark.size());
  taken.program = first(head, head.rfind('\''));
  printed.remove_prefix(begin + begin_mark.size());
  taken.log = first(printed, printed.find(end_mark));
  printed.remove_prefix(taken.log.size());
  return true;
}

std::string without_program_logs(std::string_view printed) {
  std::string text;
  while (!printed.empty()) {
    const auto begin = std::min(printed.find(begin_mark), printed.size());
    auto before = first(printed, begin);
    if (begin != printed.size())
      before = first(before, before.rfind('\n') + 1);  // without the head of the log; npos + 1 is 0
    text += before;
    printed.remove_prefix(begin);
    printed.remove_prefix(std::min(printed.find(end_mark), printed.size()));
    printed.remove_prefix(std::min(printed.find('\n'), printed.size()));
    printed.remove_prefix(std::min<std::size_t>(printed.size(), 1));
  }
  return text;
}

verifier_cause find_cause(std::string_view log) {
  // The verifier stops at its first complaint. The complaint follows the last instruction; the
  // source line precedes that instruction.
  constexpr int most_lines = 4;
  verifier_cause found;
  found.suggestion = suggestion_of(take_report_sections(log));
  int lines = 0;
  while (!log.empty()) {
    const auto line = trimmed(take_last_line(log));
    logged_instruction instruction;
    if (read_instruction(line, instruction)) {
      found.instruction = instruction.text;
      break;
    }
    if (!is_reason(line) || lines == most_lines)
      continue;
    ++lines;
    found.reason = joined({line, found.reason.empty() ? "" : "; ", found.reason});
  }
  while (!log.empty() && found.source.empty()) {
    const auto line = trimmed(take_last_line(log));
    if (starts_with(line, "; "))
      found.source = source_line(line);
  }
  return found;
}

// kernel/bpf/log.c, verbose_linfo().
logged_source read_source(std::string_view line) {
  logged_source read;
  line = trimmed(part_behind(line, 1));
  const auto at = starts_with(line, "@ ") ? 0 : line.rfind(" @ ");
  auto place = at == npos ? std::string_view() : trimmed(part_behind(line, at == 0 ? 2 : at + 3));
  const auto colon = place.rfind(':');
  auto number = colon == npos ? std::string_view() : part_behind(place, colon + 1);
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
  if (begin == npos)
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
