#include "prog.skel.hpp"
int main() {
  return ebpf::prog::try_open() ? 0 : 1;
}
