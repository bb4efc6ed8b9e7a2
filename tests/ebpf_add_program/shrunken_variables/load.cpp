#include "counters.skel.hpp"

#include <unistd.h>

int main() {
  auto skeleton = ebpf::counters::open();
  if (!skeleton || skeleton->data().limit != 5)
    return 1;
  return geteuid() == 0 && !skeleton->load();
}
