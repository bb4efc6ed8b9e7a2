#include <stdio.h>

#include "ksyscall.skel.h"

int main(void) {
  struct ksyscall_bpf* skel = ksyscall_bpf__open_and_load();
  int failed = !skel || ksyscall_bpf__attach(skel);

  printf("%s\n", failed ? "not attached" : "attached");
  ksyscall_bpf__destroy(skel);
  return failed;
}
