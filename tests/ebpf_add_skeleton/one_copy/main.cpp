#include "prog.skel.hpp"
int main() {
  return ebpf::prog::open() ? 0 : 1;
}
