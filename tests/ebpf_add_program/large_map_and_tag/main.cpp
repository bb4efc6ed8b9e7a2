#include "prog.skel.hpp"

int main() {
  const auto program = ebpf::prog::open();
  return program ? 0 : 1;
}
