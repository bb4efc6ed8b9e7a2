#include "prog.skel.hpp"

int main() {
  auto skeleton = ebpf::prog::open();
  if (!skeleton)
    return 1;
  return skeleton->data_in_eth().packets != 4 || skeleton->data_in_eth_().bytes != 10;
}
