#include "prog.skel.hpp"
int main() {
  return ebpf::prog::open().data().counter == 3 ? 0 : 1;
}
