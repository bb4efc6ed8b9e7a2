// Reading what the kernel's verifier says.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

// Calls `visit` for the log of each program in what libbpf printed, in the order of loading. The
// views are parts of `printed`.
void for_each_verifier_log(
    std::string_view printed,
    const std::function<void(std::string_view program, std::string_view log)>& visit);

// Why the verifier rejected a program. What the log does not tell is empty.
struct verifier_cause {
  std::string reason;  // "R0 invalid mem access 'map_value_or_null'"
  std::string source;  // "return *value; (packets.bpf.c:12)"; before Linux 6.11 without the place
  std::string instruction;  // "7: (79) r0 = *(u64 *)(r0 +0)"
};

// Reads it out of the end of one program's log, whatever the log is.
verifier_cause find_cause(std::string_view log);

}  // namespace ebpfkit::detail
