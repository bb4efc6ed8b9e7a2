#include "prog.skel.hpp"

int main() {
  using watch::kernel::prog;
  auto opened = prog::open();
  if (!opened)
    return 1;
  prog& skeleton = *opened;
  skeleton.rodata().limits.highest = 1LL << 40;
  skeleton.rodata().enabled = false;
  const prog::entry entry = skeleton.bss().last_entry;
  return skeleton.rodata().limits.lowest != 3 || skeleton.data().initialised != 4 ||
         entry.count != 0;
}
