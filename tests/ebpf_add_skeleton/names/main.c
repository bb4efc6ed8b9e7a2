#include <stdio.h>

#include "chosen.skel.h"
#include "minimal.skel.h"

int main(void) {
  struct minimal_bpf* skeleton = minimal_bpf__open();
  struct chosen* renamed = chosen__open();
  if (!skeleton || !renamed)
    return 1;
  struct minimal_bpf__event event = skeleton->data->last;
  struct chosen__event renamed_event = renamed->data->last;
  printf("%s %s %d %s %s %d\n", bpf_object__name(skeleton->obj), bpf_map__name(skeleton->maps.data),
         event.process, bpf_object__name(renamed->obj), bpf_map__name(renamed->maps.data),
         renamed_event.process);
  minimal_bpf__destroy(skeleton);
  chosen__destroy(renamed);
  return 0;
}
