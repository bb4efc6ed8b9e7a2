// Generated declarations that no macro of the including file can change.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

struct macro_shield {
  std::string begin;  // disables macros
  std::string end;    // enables them again
};

// Returns the shield for the identifiers in `declarations`, except keywords, the macros of C's own
// headers that generated code uses, and the names of fixed-width types. It is needed because some
// macros have the names of members of kernel types and of BPF programs' own types, such as `minor`
// of <sys/sysmacros.h>, `st_atime` of <sys/stat.h> and `sa_handler` of <signal.h>. GCC and clang
// know its pragmas in C and C++.
macro_shield shield_from_macros(std::string_view declarations);

}  // namespace ebpfkit::host
