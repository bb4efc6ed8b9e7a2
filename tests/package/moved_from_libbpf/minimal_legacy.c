#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "minimal_legacy.skel.h"

int main(void) {
  const __u32 index = 0;
  const int process = getpid();
  __u64 signals = 0;
  struct minimal_legacy_bpf* skel = minimal_legacy_bpf__open_and_load();
  int failed = !skel ||
               bpf_map__update_elem(skel->maps.watched_process, &index, sizeof(index), &process,
                                    sizeof(process), BPF_ANY) ||
               minimal_legacy_bpf__attach(skel);
  for (int i = 0; i < 3; ++i)
    raise(SIGURG);
  failed = failed || bpf_map__lookup_elem(skel->maps.signals, &index, sizeof(index), &signals,
                                          sizeof(signals), 0);
  printf("%llu signals\n", (unsigned long long)signals);
  minimal_legacy_bpf__destroy(skel);
  return failed;
}
