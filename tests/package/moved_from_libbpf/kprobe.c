#include <stdio.h>

#include "kprobe.skel.h"

int main(void) {
  struct kprobe_bpf* skel = kprobe_bpf__open_and_load();
  int failed = !skel || kprobe_bpf__attach(skel);

  printf("%s\n", failed ? "not attached" : "attached");
  kprobe_bpf__destroy(skel);
  return failed;
}
