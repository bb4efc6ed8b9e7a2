#include "opened.hpp"

ebpf::calls open_with_limit(int limit) {
  auto calls = ebpf::calls::open().value();
  calls.data().limit = limit;
  return calls;
}
