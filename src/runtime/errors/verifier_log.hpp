// Reading what the kernel's verifier says.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::detail {

struct program_log {
  std::string_view program;
  std::string_view log;
};

// Takes the first log of a program, and all before it, off what libbpf printed, which has them in
// the order of loading. False: there is none. The views are parts of `printed`.
bool take_program_log(std::string_view& printed, program_log& taken);

// Why the verifier rejected a program. What the log does not tell is empty.
struct verifier_cause {
  std::string reason;  // "R0 invalid mem access 'map_value_or_null'"
  std::string source;  // "return *value; (packets.bpf.c:12)"; before Linux 6.11 without the place
  std::string instruction;  // "7: (79) r0 = *(u64 *)(r0 +0)"
};

// Reads it out of the end of one program's log, whatever the log is.
verifier_cause find_cause(std::string_view log);

}  // namespace ebpfkit::detail
