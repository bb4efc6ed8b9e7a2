#include <stdio.h>

#include "prog.skel.h"

int main(void) {
  struct prog_bpf* program = prog_bpf__open();
  printf("number is %d\n", program->rodata->number);
  prog_bpf__destroy(program);
  return 0;
}
