#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "ebpfkit/features.hpp"
#include "kernels.btf.hpp"
#include "prog.skel.hpp"

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "This is to be compiled without exceptions and run-time types."
#endif

namespace {

// What is left of exceptions: print and give up.
template <class T>
T value_or_exit(ebpfkit::result<T> result) {
  if (result)
    return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message().c_str());
  _exit(1);
}

void check(const ebpfkit::result<void>& result) {
  if (result)
    return;
  std::fprintf(stderr, "%s\n", result.error().message().c_str());
  _exit(1);
}

}  // namespace

int main() {
  const auto btf = value_or_exit(ebpfkit::btf_source::try_find(ebpf::kernels()));
  auto prog = value_or_exit(ebpf::prog::try_open(btf.open_options()));
  const auto missing = ebpfkit::kernel_features::probe().missing_for(prog.get());
  for (const auto& need : missing)
    std::printf("%s\n", need.message().c_str());
  const auto self = static_cast<unsigned>(getpid());
  prog.rodata().wanted_process = self;
  prog.rodata().wanted_call = SYS_getppid;
  check(prog.try_load());
  unsigned received = 0;
  auto events = value_or_exit(prog.maps().events.try_consume<ebpf::prog::event>(
      [&](const ebpf::prog::event& event) { received += event.process == self ? 1U : 0U; }));
  check(prog.try_attach());
  for (int i = 0; i < 100; ++i)
    syscall(SYS_getppid);
  prog.detach();
  while (value_or_exit(events.try_poll(std::chrono::milliseconds(0))) > 0)
    continue;
  const auto count = value_or_exit(prog.maps().counts.try_find(self));
  std::printf("%u in the ring buffer, %llu in the map, %zu missing\n", received,
              static_cast<unsigned long long>(count.value_or(0)), missing.size());
  return 0;
}
