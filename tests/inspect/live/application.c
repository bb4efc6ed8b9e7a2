// Loads, does what its arguments say, prints "ready", and runs a program a hundred times a second.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.skel.h"

static int loopback = 1;

static int use_tc(const struct live_bpf* live) {
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = loopback, .attach_point = BPF_TC_INGRESS);
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(live->progs.live_tc), .priority = 7,
              .handle = 9);
  const int made = bpf_tc_hook_create(&hook);
  return made && made != -17 ? made : bpf_tc_attach(&hook, &options);
}

static int use_cgroup(const struct live_bpf* live, const char* path) {
  const int cgroup = open(path, O_RDONLY | O_DIRECTORY);
  return cgroup < 0 ? -1
                    : bpf_prog_attach(bpf_program__fd(live->progs.live_cgroup), cgroup,
                                      BPF_CGROUP_INET_EGRESS, 0);
}

static int use_link(const struct live_bpf* live, const char* path) {
  struct bpf_link* link = bpf_program__attach(live->progs.live_tracepoint);
  return link ? bpf_link__pin(link, path) : -1;
}

static int take(void* context, void* data, size_t size) {
  (void)context, (void)data, (void)size;
  return 0;
}

static int do_as_told(const struct live_bpf* live, const char* word, struct ring_buffer** reader) {
  if (strcmp(word, "xdp") == 0)
    return bpf_xdp_attach(loopback, bpf_program__fd(live->progs.live_xdp), XDP_FLAGS_SKB_MODE,
                          NULL);
  if (strcmp(word, "tc") == 0)
    return use_tc(live);
  if (strncmp(word, "cgroup=", 7) == 0)
    return use_cgroup(live, word + 7);
  if (strncmp(word, "link=", 5) == 0)
    return use_link(live, word + 5);
  if (strncmp(word, "map=", 4) == 0)
    return bpf_obj_pin(bpf_map__fd(live->maps.live_counts), word + 4);
  if (strcmp(word, "every-packet") == 0)
    live->data->live_limit = 1;
  if (strcmp(word, "consume") == 0)
    *reader = ring_buffer__new(bpf_map__fd(live->maps.live_events), take, NULL, NULL);
  return 0;
}

int main(int count, char** words) {
  struct live_bpf* live = live_bpf__open_and_load();
  struct ring_buffer* reader = NULL;
  if (!live)
    return 1;
  for (int i = 1; i < count; ++i) {
    const int error = do_as_told(live, words[i], &reader);
    if (error) {
      fprintf(stderr, "%s: %s\n", words[i], strerror(-error));
      return 1;
    }
  }
  puts("ready");
  fflush(stdout);
  char packet[64] = {0};
  for (;;) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet),
                .repeat = 1);
    if (bpf_prog_test_run_opts(bpf_program__fd(live->progs.live_xdp), &options))
      return 1;
    if (reader)
      ring_buffer__consume(reader);
    usleep(10000);
  }
}
