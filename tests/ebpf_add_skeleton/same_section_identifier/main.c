#include "prog.skel.h"

int main(void) {
  struct prog_bpf* skeleton = prog_bpf__open();
  if (!skeleton)
    return 1;
  const int wrong = skeleton->data_in_eth->packets != 4 || skeleton->data_in_eth_->bytes != 10 ||
                    skeleton->maps.data_in_eth == skeleton->maps.data_in_eth_;
  prog_bpf__destroy(skeleton);
  return wrong;
}
