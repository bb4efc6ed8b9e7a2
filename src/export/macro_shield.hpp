// Protects generated declarations from macros of the file that includes them.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

struct macro_shield {
  std::string begin;  // disables macros
  std::string end;    // enables them again
};

// Returns the shield for the identifiers in `declarations`, except keywords and the names of
// fixed-width types. It is needed because some macros have the names of kernel members, such as
// `minor` of <sys/sysmacros.h> and `st_atime` of <sys/stat.h>.
macro_shield shield_from_macros(std::string_view declarations);

}  // namespace ebpfkit::host
