#include <cstdio>
#include <prog.skel.hpp>
#include <watch.hpp>

int main() {
  const number own = ebpf::prog::open().value().data().number;
  std::printf("the library has %d, its skeleton %d\n", number_of_library(), own.value);
}
