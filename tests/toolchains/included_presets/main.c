#include <stdio.h>

#include "prog.skel.h"

int main(void) {
  struct prog_bpf* prog = prog_bpf__open();
  if (!prog)
    return 1;
  printf("opened, last_process %d\n", prog->bss->last_process);
  prog_bpf__destroy(prog);
  return 0;
}
