#include "architecture.hpp"

#include <cstddef>
#include <iterator>
#include <string_view>

#include "architecture_name.hpp"

namespace ebpfkit::detail {
namespace {

constexpr architecture_row rows[] = {
#define EBPFKIT_ARCHITECTURE(kernel, name, bits, order, machine, mcpu, spellings) \
  {kernel, name, bits, (order)[0] == 'b', machine, mcpu, spellings},
#include "../../../modules/detail/architectures.inc"
#undef EBPFKIT_ARCHITECTURE
};

}  // namespace

architecture_list architectures() {
  return {rows, std::size(rows)};
}

const architecture_row* find_architecture(std::string_view spelling) {
  const auto name = architecture_name(spelling);
  for (const auto& row : rows) {
    if (!name.empty() && row.name == name)
      return &row;
  }
  return nullptr;
}

}  // namespace ebpfkit::detail
