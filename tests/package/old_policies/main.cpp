#include "prog.skel.hpp"
int main() {
  return ebpf::prog::open().value().data().counter == 3 ? 0 : 1;
}
