#include "counters.skel.h"

#include <unistd.h>

int main(void) {
  struct counters_bpf* skeleton = counters_bpf__open();
  if (!skeleton || skeleton->data->limit != 5)
    return 1;
  int wrong = geteuid() == 0 && counters_bpf__load(skeleton) != 0;
  counters_bpf__destroy(skeleton);
  return wrong;
}
