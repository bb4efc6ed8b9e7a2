#include "rate.hpp"

#include "expect.h"
#include "scheduler.skel.hpp"

int main() {
  EXPECT(rate(1200, 300, 2) == "1200 switches, 600 a second, 25% of them by force");
  EXPECT(rate(0, 0, 0) == "0 switches, 0 a second, 0% of them by force");

  // The object opens without root.
  auto scheduler = ebpf::scheduler::open().value();
  EXPECT(scheduler.bss().begun == 0);
  return failures;
}
