#define _GNU_SOURCE
#include "libc_headers.h"

#include "prog.skel.h"

int main(void) {
  struct prog_bpf* skeleton = prog_bpf__open();
  if (!skeleton)
    return 1;
  struct stat own = {0};
  own.st_atime = 1; /* the macro is in force again */
  const int wrong = own.st_atim.tv_sec != 1 || skeleton->data->major != 3;
  prog_bpf__destroy(skeleton);
  return wrong;
}
