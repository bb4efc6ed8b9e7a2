#include "prog.skel.h"

int main(void) {
  struct prog_bpf* skeleton = prog_bpf__open();
  if (!skeleton)
    return 1;
  const int wrong = skeleton->data->limit != 5 || !skeleton->maps.bss;
  prog_bpf__destroy(skeleton);
  return wrong;
}
