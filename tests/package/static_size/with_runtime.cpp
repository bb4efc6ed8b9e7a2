#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>

#include "kernels.btf.hpp"
#include "prog.skel.hpp"

int main() try {
  const auto btf = ebpfkit::btf_source::find(ebpf::kernels()).value();
  auto prog = ebpf::prog::open(btf.open_options()).value();
  const auto self = static_cast<unsigned>(getpid());
  prog.rodata().wanted_process = self;
  prog.rodata().wanted_call = SYS_getppid;
  prog.load().value();
  unsigned received = 0;
  auto events = prog.maps()
                    .events
                    .subscribe<ebpf::prog::event>([&](const ebpf::prog::event& event) {
                      received += event.process == self ? 1U : 0U;
                    })
                    .value();
  prog.attach().value();
  for (int i = 0; i < 100; ++i)
    syscall(SYS_getppid);
  prog.detach();
  while (events.poll(std::chrono::milliseconds(0)).value() > 0)
    continue;
  const auto count = prog.maps().counts.find(self).value();
  std::printf("%u in the ring buffer, %llu in the map\n", received,
              static_cast<unsigned long long>(count.value_or(0)));
} catch (const std::exception& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
