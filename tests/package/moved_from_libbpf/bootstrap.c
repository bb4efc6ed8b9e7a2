// Runs /bin/true and waits for its records.
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "bootstrap.h"
#include "bootstrap.skel.h"

static int starts, ends;

static int handle_event(void* context, void* data, size_t size) {
  const struct event* e = data;

  (void)context;
  (void)size;
  if (e->exit_event)
    ++ends;
  else if (strstr(e->file_name, "/true"))
    ++starts;
  return 0;
}

int main(void) {
  struct ring_buffer* buffer = NULL;
  struct bootstrap_bpf* skel = bootstrap_bpf__open();
  int failed;

  if (!skel)
    return 1;
  skel->rodata->min_duration_ns = 0;
  failed = bootstrap_bpf__load(skel) || bootstrap_bpf__attach(skel);
  if (!failed) {
    buffer = ring_buffer__new(bpf_map__fd(skel->maps.events), handle_event, NULL, NULL);
    failed = !buffer || system("exec /bin/true") || ring_buffer__consume(buffer) < 0;
  }
  printf("%s\n", starts > 0 && ends > 0 ? "seen" : "nothing");
  ring_buffer__free(buffer);
  bootstrap_bpf__destroy(skel);
  return failed;
}
