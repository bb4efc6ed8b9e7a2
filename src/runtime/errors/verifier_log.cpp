#include "verifier_log.hpp"

#include <algorithm>
#include <string>
#include <string_view>

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

// Matches "7: (79) r0 = ..." (kernel/bpf/disasm.c). Also matches "7: <invalid CO-RE relocation>",
// which libbpf prints for an instruction that it poisoned.
bool is_instruction(std::string_view line) {
  const auto digits = std::min(line.find_first_not_of("0123456789"), line.size());
  line.remove_prefix(digits);
  return digits != 0 && (starts_with(line, ": (") || starts_with(line, ": <"));
}

// Newer kernels print the register states after the instruction: "7: (b7) r1 = 0 ; R1=0".
std::string without_state(std::string_view line) {
  return std::string(trimmed(first(line, line.find(" ; R"))));
}

// "processed 7 insns (limit 1000000) ...", "from 3 to 9: R0=...", "; return *value; @ a.c:12". With
// log level 2 also "mark_precise: frame0: last_idx 3 first_idx 0", before Linux 6.4 without its
// head
// ("last_idx 3 first_idx 0", "regs=1 stack=0 before 2: (b7) r0 = 0").
bool is_reason(std::string_view line) {
  static constexpr const char* others[] = {
      "processed ", "verification time ", "stack depth ", "from ",
      "; ",         "mark_precise: ",     "last_idx ",    "regs="};
  for (const auto* start : others) {
    if (starts_with(line, start))
      return false;
  }
  return !line.empty();
}

// "; return *value; @ packets.bpf.c:12" (kernel/bpf/log.c, verbose_linfo).
std::string source_line(std::string_view line) {
  line.remove_prefix(1);
  line = trimmed(line);
  const auto at = line.rfind(" @ ");
  if (at == npos)
    return std::string(line);
  auto place = line;
  place.remove_prefix(at + 3);
  return joined({trimmed(first(line, at)), " (", place, ")"});
}

// Linux 7.3 (commit ce7c9f6c599b) prints a report behind the log: "Verification failed: <what>" and
// sections such as "Reason:", "At:", "Causal path:" and "Suggestion:". The log itself ends as
// before. Cuts the report off and returns it.
std::string_view take_report(std::string_view& log) {
  constexpr std::string_view title = "\nVerification failed:";
  auto begin = log.rfind(title);
  if (begin == npos)
    return {};
  auto report = log;
  report.remove_prefix(begin);
  log = first(log, begin);
  return report;
}

// The text of the section "Suggestion:", which may stand in the same line or in the next one.
std::string suggestion_of(std::string_view report) {
  constexpr std::string_view title = "\nSuggestion:";
  const auto begin = report.find(title);
  if (begin == npos)
    return {};
  report.remove_prefix(begin + title.size());
  report.remove_prefix(std::min(report.find_first_not_of(" \t\r\n"), report.size()));
  return std::string(trimmed(first(report, report.find('\n'))));
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
  found.suggestion = suggestion_of(take_report(log));
  int lines = 0;
  while (!log.empty()) {
    const auto line = trimmed(take_last_line(log));
    if (is_instruction(line)) {
      found.instruction = without_state(line);
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

}  // namespace ebpfkit::detail
