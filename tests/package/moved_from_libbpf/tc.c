#include <bpf/bpf.h>
#include <stdio.h>

#include "tc.skel.h"

int main(void) {
  DECLARE_LIBBPF_OPTS(bpf_test_run_opts, run);
  unsigned char packet[64] = {[12] = 0x08, [14] = 0x45};
  struct tc_bpf* skel = tc_bpf__open_and_load();
  int failed = !skel;

  if (!failed) {
    run.data_in = packet;
    run.data_size_in = sizeof(packet);
    failed = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.tc_ingress), &run);
    printf("%llu packets\n", (unsigned long long)skel->bss->packets);
  }
  tc_bpf__destroy(skel);
  return failed;
}
