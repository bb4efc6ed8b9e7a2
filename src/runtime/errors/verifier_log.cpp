#include "verifier_log.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "../system/text.hpp"
#include "log_text.hpp"

namespace ebpfkit::detail {
namespace {

// libbpf prints a log between these marks (libbpf.c, bpf_object_load_prog).
constexpr std::string_view begin_mark = "-- BEGIN PROG LOAD LOG --\n";
constexpr std::string_view end_mark = "-- END PROG LOAD LOG --";

// Removes the last line from the text and returns it.
std::string_view take_last_line(std::string_view& text) {
  if (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  auto line = text;
  line.remove_prefix(text.rfind('\n') + 1);  // npos + 1 is 0
  text.remove_suffix(line.size());
  return line;
}

// Matches "7: (79) r0 = ..." and "7: <invalid CO-RE relocation>": see read_instruction().
bool is_instruction(std::string_view line) {
  const auto digits = std::min(line.find_first_not_of("0123456789"), line.size());
  line.remove_prefix(digits);
  return digits != 0 && (starts_with(line, ": (") || starts_with(line, ": <"));
}

// "processed 7 insns (limit 1000000) ...", "from 3 to 9: R0=...", "; return *value; @ a.c:12". With
// log level 2 also "mark_precise: frame0: last_idx 3 first_idx 0", before Linux 6.4 without its
// head
// ("last_idx 3 first_idx 0", "regs=1 stack=0 before 2: (b7) r0 = 0"). Log level 1 of Linux 5.10 has
// them, too, and states of registers in lines of their own.
bool is_reason(std::string_view line) {
  // One text, because each pointer of a table costs a relocation.
  std::string_view others =
      "processed \nverification time \nstack depth \nfrom \n;\nmark_precise: \nlast_idx \nregs=\n"
      "parent \nfunc#\n";
  while (!others.empty()) {
    const auto start = first(others, others.find('\n'));
    if (starts_with(line, start))
      return false;
    others.remove_prefix(start.size() + 1);
  }
  // A log that was cut ends with "4:". The frame pointer stands in each line with states. Log level
  // 2 tells of "caller" and "callee".
  return line.find_first_not_of("0123456789:") != line.npos && line.find("R10=fp") == line.npos &&
         line.find("calle") == line.npos;
}

// "; return *value; @ packets.bpf.c:12" (kernel/bpf/log.c, verbose_linfo).
std::string source_line(std::string_view line) {
  line = trimmed(part_behind(line, 1));
  const auto at = line.rfind(" @ ");
  if (at == std::string_view::npos)
    return std::string(line);
  return joined({trimmed(first(line, at)), " (", part_behind(line, at + 3), ")"});
}

// The first line of the section "Suggestion:" of the report that Linux 7.3 prints (see
// verifier_report.cpp), which may stand in the same line or in the next one. Cuts the report off.
std::string take_suggestion(std::string_view& log) {
  constexpr std::string_view title = "\nSuggestion:";
  const auto begin = log.rfind(report_begin);
  if (begin == std::string_view::npos)
    return {};
  auto report = part_behind(log, begin);
  log = first(log, begin);
  const auto place = report.find(title);
  if (place == std::string_view::npos)
    return {};
  report = part_behind(report, place + title.size());
  report = part_behind(report, report.find_first_not_of(" \t\r\n"));
  return std::string(trimmed(first(report, report.find('\n'))));
}

}  // namespace

bool take_program_log(std::string_view& printed, program_log& taken) {
  const auto begin = printed.find(begin_mark);
  if (begin == std::string_view::npos)
    return false;
  // "libbpf: prog 'name': -- BEGIN PROG LOAD LOG --"
  constexpr std::string_view name_mark = "prog '";
  auto head = first(printed, begin);
  head.remove_prefix(head.rfind('\n') + 1);
  const auto name = head.find(name_mark);
  head.remove_prefix(name == std::string_view::npos ? head.size() : name + name_mark.size());
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
  found.suggestion = take_suggestion(log);
  int lines = 0;
  while (!log.empty()) {
    const auto line = trimmed(take_last_line(log));
    if (is_instruction(line)) {
      // Since Linux 5.18, states of registers follow: "7: (b7) r1 = 0      ; R1=0".
      found.instruction = trimmed(first(line, line.find(" ;")));
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
