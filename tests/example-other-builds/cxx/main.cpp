// exec-count COMMAND: runs the command and says how many programs the system started meanwhile.
#include <cstdlib>
#include <exception>
#include <iostream>

#include "execs.skel.hpp"

int main(int argc, char** argv) try {
  auto execs = ebpf::execs::open_and_load().value();
  execs.attach().value();
  const int status = std::system(argc > 1 ? argv[1] : "true");
  std::cout << execs.bss().execs << " programs started\n";
  return status == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "exec-count: " << error.what() << '\n';
  return 1;
}
