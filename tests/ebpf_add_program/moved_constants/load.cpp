#include <unistd.h>

#include <iostream>

#define TEXT(x) #x
#define HEADER(program) TEXT(program.skel.hpp)
#include HEADER(PROGRAM)

int main() {
  auto skeleton = ebpf::PROGRAM::open();
  if (!skeleton) {
    std::cerr << skeleton.error().message() << std::endl;
    return 1;
  }
  if (geteuid() != 0)
    return 0;
  const auto loaded = skeleton->load();
  if (!loaded)
    std::cerr << loaded.error().message() << std::endl;
  return loaded ? 0 : 1;
}
