#include <stdio.h>

#include "fentry.skel.h"

int main(void) {
  struct fentry_bpf* skel = fentry_bpf__open_and_load();
  int failed = !skel || fentry_bpf__attach(skel);

  printf("%s\n", failed ? "not attached" : "attached");
  fentry_bpf__destroy(skel);
  return failed;
}
