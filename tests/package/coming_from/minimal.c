// Counts the signals that it sends to itself.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "minimal.skel.h"

int main(void) {
  struct minimal_bpf* skel = minimal_bpf__open();
  if (!skel)
    return 1;
  skel->bss->watched_process = getpid();
  if (minimal_bpf__load(skel) || minimal_bpf__attach(skel)) {
    minimal_bpf__destroy(skel);
    return 1;
  }
  for (int i = 0; i < 3; ++i)
    raise(SIGURG);
  printf("%llu signals\n", skel->bss->signals);
  minimal_bpf__destroy(skel);
  return 0;
}
