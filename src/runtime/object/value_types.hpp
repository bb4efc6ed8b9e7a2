// Types of keys and values by their BTF: what differs, and copying what two types have in common.
#pragma once

#include <bpf/btf.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ebpfkit::detail {

// A type in a BTF. Null: unknown.
struct value_type {
  const btf* types = nullptr;
  std::uint32_t id = 0;
};

// A text such as "the member 'bytes' has the type 'unsigned int', in the program
// 'unsigned long long'" about the first difference. Empty when none differs. `what`: "value".
std::string type_difference(const value_type& pinned, const value_type& declared, const char* what);

// Copies what both types have into `to`, which is zero. Adds the members of the second type that
// get nothing to `not_copied`, once each. Reads and writes nothing outside of the sizes.
void copy_common(const value_type& from_type, const unsigned char* from, std::size_t from_size,
                 const value_type& to_type, unsigned char* to, std::size_t to_size,
                 std::vector<std::string>& not_copied);

}  // namespace ebpfkit::detail
