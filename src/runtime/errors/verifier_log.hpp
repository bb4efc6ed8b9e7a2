// Reads the log of the kernel's verifier.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::detail {

struct program_log {
  std::string_view program;
  std::string_view log;
};

// Finds the first verifier log in `printed`, libbpf's output, and removes it and all text before
// it. The logs stand in the order in which libbpf loads the programs. False: there is no log. The
// views are parts of `printed`.
bool take_program_log(std::string_view& printed, program_log& taken);

// libbpf's output without the verifier's logs in it.
std::string without_program_logs(std::string_view printed);

// Why the verifier rejected a program. A text is empty when the log does not tell it.
struct verifier_cause {
  std::string reason;  // "R0 invalid mem access 'map_value_or_null'"
  std::string source;  // "return *value; (packets.bpf.c:12)"; before Linux 6.11 without the place
  std::string instruction;  // "7: (79) r0 = *(u64 *)(r0 +0)"
  std::string suggestion;   // what the kernel suggests, since Linux 7.3
};

// Reads the cause from the end of one program's log. Accepts any text as a log.
verifier_cause find_cause(std::string_view log);

// A line of the source, as the log has it.
struct logged_source {
  std::string text;   // "return *value;"
  std::string file;   // "packets.bpf.c"; empty before Linux 6.11
  unsigned line = 0;  // 0: the log does not tell it
};

// Reads "; return *value; @ packets.bpf.c:12". The text is empty when the compiler gave the
// instruction no line.
logged_source read_source(std::string_view line);

// A section of the report that Linux 7.3 prints behind the log.
struct report_section {
  std::string title;  // "Verification failed", "Reason", "At", "Causal path", "Suggestion"
  std::string text;   // its lines, without the line break at the end
};

// Cuts the report off the log, and returns its sections. Older kernels print none.
std::vector<report_section> take_report_sections(std::string_view& log);

// The parts of an instruction's line, "7: (79) r0 = *(u64 *)(r0 +0)  ; R0=...".
struct logged_instruction {
  unsigned index = 0;
  std::string_view text;   // "7: (79) r0 = *(u64 *)(r0 +0)"
  std::string_view code;   // "r0 = *(u64 *)(r0 +0)"
  std::string_view state;  // "R0=..."; empty before Linux 5.18
};

// False: the line is no instruction. The views are parts of `line`.
bool read_instruction(std::string_view line, logged_instruction& read);

// True for a line that only shows states of registers: " R0_w=inv1 R10=fp0", "frame1: R1=...", "7:
// R0=1". Removes what stands before the first register.
bool take_state_line(std::string_view& line);

}  // namespace ebpfkit::detail
