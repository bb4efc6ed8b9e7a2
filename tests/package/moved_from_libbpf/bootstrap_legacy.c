#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap.h"
#include "bootstrap_legacy.skel.h"

static int starts;

static void handle_event(void* context, int cpu, void* data, __u32 size) {
  const struct event* e = data;

  (void)context;
  (void)cpu;
  (void)size;
  starts += strstr(e->file_name, "/true") != NULL;
}

int main(void) {
  struct bootstrap_legacy_bpf* skel = bootstrap_legacy_bpf__open_and_load();
  struct perf_buffer* buffer = NULL;
  int failed = !skel || bootstrap_legacy_bpf__attach(skel);

  if (!failed) {
    buffer = perf_buffer__new(bpf_map__fd(skel->maps.events), 16, handle_event, NULL, NULL, NULL);
    failed = !buffer || system("exec /bin/true") || perf_buffer__consume(buffer) < 0;
  }
  printf("%s\n", starts > 0 ? "seen" : "nothing");
  perf_buffer__free(buffer);
  bootstrap_legacy_bpf__destroy(skel);
  return failed;
}
