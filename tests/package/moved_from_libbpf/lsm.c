#include <stdio.h>

#include "lsm.skel.h"

int main(void) {
  struct lsm_bpf* skel = lsm_bpf__open_and_load();
  int failed = !skel || lsm_bpf__attach(skel);

  printf("%s\n", failed ? "not attached" : "attached");
  lsm_bpf__destroy(skel);
  return failed;
}
