#include "verifier_log.hpp"

#include <algorithm>

namespace ebpfkit::detail {
namespace {

constexpr auto npos = std::string_view::npos;

// libbpf prints a log between these (libbpf.c, bpf_object_load_prog).
constexpr std::string_view begin_mark = "-- BEGIN PROG LOAD LOG --\n";
constexpr std::string_view end_mark = "-- END PROG LOAD LOG --";

bool starts_with(std::string_view text, std::string_view part) {
  return text.substr(0, part.size()) == part;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Takes the last line off the text.
std::string_view take_last_line(std::string_view& text) {
  if (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  const auto end = text.rfind('\n');
  const auto begin = end == npos ? 0 : end + 1;
  const auto line = text.substr(begin);
  text = text.substr(0, begin);
  return line;
}

// "7: (79) r0 = ..." (kernel/bpf/disasm.c), or "7: <invalid CO-RE relocation>", which libbpf puts
// there for an instruction that it poisoned.
bool is_instruction(std::string_view line) {
  const auto digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const auto rest = line.substr(digits);
  return digits != 0 && (starts_with(rest, ": (") || starts_with(rest, ": <"));
}

// The states of registers stand behind the instruction in newer kernels: "7: (b7) r1 = 0 ; R1=0".
std::string without_state(std::string_view line) {
  return std::string(trimmed(line.substr(0, line.find(" ; R"))));
}

// "processed 7 insns (limit 1000000) ...", "from 3 to 9: R0=...", "; return *value; @ a.c:12".
bool is_reason(std::string_view line) {
  for (const auto* start : {"processed ", "verification time ", "stack depth ", "from ", "; "}) {
    if (starts_with(line, start))
      return false;
  }
  return !line.empty();
}

// "; return *value; @ packets.bpf.c:12" (kernel/bpf/log.c, verbose_linfo).
std::string source_line(std::string_view line) {
  line = trimmed(line.substr(std::min<std::size_t>(1, line.size())));
  const auto at = line.rfind(" @ ");
  if (at == npos)
    return std::string(line);
  return std::string(trimmed(line.substr(0, at))) + " (" + std::string(line.substr(at + 3)) + ")";
}

}  // namespace

void for_each_verifier_log(
    std::string_view printed,
    const std::function<void(std::string_view program, std::string_view log)>& visit) {
  for (;;) {
    const auto begin = printed.find(begin_mark);
    if (begin == npos)
      return;
    // "libbpf: prog 'name': -- BEGIN PROG LOAD LOG --"
    constexpr std::string_view name_mark = "prog '";
    auto head = printed.substr(0, begin);
    head.remove_prefix(head.rfind('\n') == npos ? 0 : head.rfind('\n') + 1);
    const auto name = head.find(name_mark);
    std::string_view program;
    if (name != npos)
      program = head.substr(name + name_mark.size());
    program = program.substr(0, program.rfind('\''));
    printed.remove_prefix(begin + begin_mark.size());
    const auto end = std::min(printed.find(end_mark), printed.size());
    visit(program, printed.substr(0, end));
    printed.remove_prefix(end);
  }
}

verifier_cause find_cause(std::string_view log) {
  // The verifier stops at its first complaint: what it says stands behind the last instruction, the
  // source line in front of it.
  constexpr int most_lines = 4;
  verifier_cause found;
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
    found.reason =
        found.reason.empty() ? std::string(line) : std::string(line) + "; " + found.reason;
  }
  while (!log.empty() && found.source.empty()) {
    const auto line = trimmed(take_last_line(log));
    if (starts_with(line, "; "))
      found.source = source_line(line);
  }
  return found;
}

}  // namespace ebpfkit::detail
