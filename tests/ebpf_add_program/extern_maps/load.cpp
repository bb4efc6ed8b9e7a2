#include HEADER

#include <unistd.h>

int main() {
  auto skeleton = ebpf::PROGRAM::open();
  if (!skeleton || skeleton->data_last().step != 3 || skeleton->data_last().last_count != 7)
    return 1;
  return geteuid() == 0 && !skeleton->load();
}
