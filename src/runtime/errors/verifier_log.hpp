// Reads the log of the kernel's verifier.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace ebpfkit::detail
