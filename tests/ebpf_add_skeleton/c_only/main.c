#include "prog.skel.h"

int main(void) {
  struct prog_bpf* skeleton = prog_bpf__open();
  int wrong = !skeleton || skeleton->data->counter != 3;
  prog_bpf__destroy(skeleton);
  return wrong;
}
