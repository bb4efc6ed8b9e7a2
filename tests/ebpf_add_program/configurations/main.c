#include <stdio.h>

#include "prog.skel.h"

int main(void) {
  struct prog* program = prog__open();
  printf("number is %d\n", program->rodata->number);
  prog__destroy(program);
  return 0;
}
