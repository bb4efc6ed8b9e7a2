#include "prog.skel.h"

int main(void) {
  struct prog_bpf* skeleton = prog_bpf__open();
  if (!skeleton)
    return 1;
  skeleton->rodata->limits.highest = 1L << 40;
  skeleton->rodata->limits.bits.wide = 4095;
  skeleton->rodata->enabled = 0;
  struct prog_bpf__entry entry = skeleton->bss->last_entry;
  int wrong = skeleton->rodata->limits.lowest != 3 || skeleton->data->initialised != 4 ||
              skeleton->rodata->limits.mode != 5 || entry.count != 0;
  prog_bpf__destroy(skeleton);
  return wrong;
}
