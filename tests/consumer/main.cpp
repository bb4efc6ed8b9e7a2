#include <unistd.h>

#include <cstdio>

#include "counter.skel.hpp"

// With --load the application counts its own system calls. Otherwise it only opens the object.
int main(int argc, char**) {
  auto counter = ebpf::counter::open().value();
  counter.rodata().wanted = getpid();
  if (argc == 1)
    return 0;
  counter.load().value();
  counter.attach().value();
  const int before = counter.bss().seen;
  for (int i = 0; i < 100; ++i)
    getppid();
  const int calls = counter.bss().seen - before;
  std::printf("%d\n", calls);
  return calls == 100 ? 0 : 1;
}
