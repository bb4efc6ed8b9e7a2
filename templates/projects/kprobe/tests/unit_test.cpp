#include "histogram.hpp"

#include <cstdint>
#include <iterator>

#include "expect.h"
#include "reads.skel.hpp"

int main() {
  const std::uint64_t none[4] = {};
  EXPECT(histogram(none).empty());
  const std::uint64_t some[4] = {0, 4, 0, 2};
  EXPECT(histogram(some, 8) == "2: 4 ********\n4: 0 \n8: 2 ****\n");

  // The application and the BPF program see the same array.
  auto reads = ebpf::reads::open().value();
  EXPECT(std::size(reads.bss().slots) == 32);
  return failures;
}
