#include "libc_headers.h"

#include "exported.hpp"
#include "prog.skel.hpp"

static_assert(sizeof(exported::file_times) == sizeof(ebpf::prog::file_times));

int main() {
  auto skeleton = ebpf::prog::open();
  if (!skeleton)
    return 1;
  struct stat own {};
  own.st_atime = 1;  // the macro is in force again
  return own.st_atim.tv_sec != 1 || skeleton->data().major != 3;
}
