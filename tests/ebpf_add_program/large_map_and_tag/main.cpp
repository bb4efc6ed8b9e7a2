#include <iostream>

#include "prog.skel.hpp"

// With an argument, loads the program too.
int main(int argc, char**) {
  auto program = ebpf::prog::open();
  if (!program) {
    std::cerr << program.error().message() << std::endl;
    return 1;
  }
  if (argc == 1)
    return 0;
  const auto loaded = program->load();
  if (!loaded)
    std::cerr << loaded.error().message() << std::endl;
  return loaded ? 0 : 1;
}
