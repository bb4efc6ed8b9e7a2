#include "opened.hpp"

ebpf::calls open_with_limit(int limit) {
  auto calls = ebpf::calls::open();
  calls.data().limit = limit;
  return calls;
}
