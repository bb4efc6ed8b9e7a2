// Static assertions that a header gives types the layout that their BTF has.
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
  std::vector<std::string> defined;  // "struct x", "union x" and "enum x" that the header defines
};

// Makes assertions about all records and enums that `header` defines: the size, the offset of each
// member that is not a bit-field (also in anonymous members), and the values of constants. If the
// BTF has several types of a name, libbpf writes them as x, x___2... Each of these must then have
// the layout of one of the types whose members it has. Throws `failure` for a definition that the
// BTF does not have.
layout_assertions assertions_for(const type_graph& graph, std::string_view header);

}  // namespace ebpfkit::host::test
