// The name of a byte order, in messages, in JSON and on the command line.
#pragma once

#include <bit>

namespace ebpfkit::host {

constexpr const char* byte_order_name(std::endian order) {
  return order == std::endian::big ? "big" : "little";
}

}  // namespace ebpfkit::host
