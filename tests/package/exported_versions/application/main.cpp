#include <cstdio>
#include <prog.skel.hpp>
#include <watch.hpp>

int main() {
  std::printf("the library has %d, its skeleton %d\n", number_of_library(),
              ebpf::prog::open().value().data().number);
}
