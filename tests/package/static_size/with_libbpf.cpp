#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

#include "prog.skel.h"

namespace {

void check(bool fine, const std::string& what) {
  if (!fine)
    throw std::runtime_error("cannot " + what + ": " + std::strerror(errno));
}

struct counter {
  unsigned process;
  unsigned received;
};

int on_event(void* context, void* data, size_t size) {
  auto& seen = *static_cast<counter*>(context);
  unsigned process = 0;
  if (size < sizeof(process))
    return -EMSGSIZE;
  std::memcpy(&process, data, sizeof(process));
  seen.received += process == seen.process ? 1U : 0U;
  return 0;
}

}  // namespace

int main() try {
  prog_bpf* skeleton = prog_bpf__open();
  check(skeleton != nullptr, "open");
  counter seen{static_cast<unsigned>(getpid()), 0};
  skeleton->rodata->wanted_process = seen.process;
  skeleton->rodata->wanted_call = SYS_getppid;
  check(prog_bpf__load(skeleton) == 0, "load");
  ring_buffer* events =
      ring_buffer__new(bpf_map__fd(skeleton->maps.events), on_event, &seen, nullptr);
  check(events != nullptr, "open the ring buffer");
  check(prog_bpf__attach(skeleton) == 0, "attach");
  for (int i = 0; i < 100; ++i)
    syscall(SYS_getppid);
  prog_bpf__detach(skeleton);
  while (ring_buffer__poll(events, 0) > 0)
    continue;
  unsigned long long count = 0;
  check(bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.counts), &seen.process, &count) == 0,
        "look up");
  std::printf("%u in the ring buffer, %llu in the map\n", seen.received, count);
  ring_buffer__free(events);
  prog_bpf__destroy(skeleton);
} catch (const std::exception& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
