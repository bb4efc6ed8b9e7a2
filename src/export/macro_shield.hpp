// Generated declarations that no macro of the including file can change.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

struct macro_shield {
  std::string begin;  // puts macros out of force
  std::string end;    // and back in force
};

// For the identifiers in `declarations`, except keywords and the names of fixed-width types. Macros
// such as `minor` of <sys/sysmacros.h> and `st_atime` of <sys/stat.h> have names of kernel members.
macro_shield shield_from_macros(std::string_view declarations);

}  // namespace ebpfkit::host
