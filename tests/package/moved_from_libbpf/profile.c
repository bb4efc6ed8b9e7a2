#include <linux/perf_event.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profile.h"
#include "profile.skel.h"

static int samples;

static int handle_sample(void* context, void* data, size_t size) {
  const struct stack_event* event = data;

  (void)context;
  samples += size == sizeof(*event) && event->pid == (__u32)getpid();
  return 0;
}

int main(void) {
  struct profile_bpf* skel = profile_bpf__open_and_load();
  struct ring_buffer* buffer = NULL;
  struct perf_event_attr attributes;
  volatile unsigned work = 0;
  int event, failed = !skel;

  memset(&attributes, 0, sizeof(attributes));
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof(attributes);
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_freq = 1000;
  attributes.freq = 1;
  event = (int)syscall(SYS_perf_event_open, &attributes, getpid(), -1, -1, 0);
  if (!failed) {
    skel->links.profile = bpf_program__attach_perf_event(skel->progs.profile, event);
    buffer = ring_buffer__new(bpf_map__fd(skel->maps.events), handle_sample, NULL, NULL);
    failed = !skel->links.profile || !buffer;
  }
  while (!failed && work < 200000000U && samples == 0)
    if (++work % 1000000U == 0)
      failed = ring_buffer__consume(buffer) < 0;
  printf("%s\n", samples > 0 ? "seen" : "nothing");
  ring_buffer__free(buffer);
  profile_bpf__destroy(skel);
  return failed;
}
