#include "ranking.hpp"

#include <type_traits>
#include <vector>

#include "calls.skel.hpp"
#include "expect.h"

// The map gives what the ranking takes.
using entry = decltype(ebpf::calls::open().value().maps().calls)::entry_type;
static_assert(std::is_same_v<entry, process_calls>);

int main() {
  EXPECT(ranking({}, 3).empty());
  const std::vector<process_calls> sorted{{3, 9}, {1, 2}, {2, 2}};
  EXPECT(ranking({{2, 2}, {3, 9}, {1, 2}}, 5) == sorted);
  EXPECT(ranking({{2, 2}, {3, 9}, {1, 2}}, 1).size() == 1);
  return failures;
}
