// Static assertions that a header gives types the layout that their BTF tells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host::test {

struct layout_assertions {
  std::string text;
  std::size_t records = 0;
  std::size_t offsets = 0;
  std::size_t enumerations = 0;
  std::vector<std::string> defined;  // "struct x", "union x", "enum x" that the header defines
};

// Assertions about all records and enums that are defined in `header`: the size, the offset of each
// member that is not a bit-field (also of those in anonymous members), and the values of constants.
// Where the BTF has several types of a name, libbpf writes them as x, x___2...: each then must have
// the layout of one of those whose members it has. Throws `failure` for a definition that the BTF
// does not have.
layout_assertions assertions_for(const type_graph& graph, std::string_view header);

}  // namespace ebpfkit::host::test
