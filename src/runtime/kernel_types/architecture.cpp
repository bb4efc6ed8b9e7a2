#include "architecture.hpp"

#include <iterator>

namespace ebpfkit::detail {
namespace {

constexpr architecture_row rows[] = {
#define EBPFKIT_ARCHITECTURE(kernel, name, bits, order, machine, mcpu, spellings) \
  {kernel, name, bits, order[0] == 'b', machine, spellings},
#include "../../../modules/detail/architectures.inc"
#undef EBPFKIT_ARCHITECTURE
};

constexpr std::size_t exact_match = 1000;  // more than the length of any `*` spelling

// How well `spelling` fits: 0 when it does not, the length of a `*` spelling's beginning when that
// fits, exact_match when both are the same.
std::size_t match(std::string_view spelling, std::string_view name) {
  if (spelling == name)
    return exact_match;
  if (spelling.empty() || spelling.back() != '*')
    return 0;
  spelling.remove_suffix(1);
  return name.compare(0, spelling.size(), spelling) == 0 ? spelling.size() : 0;
}

}  // namespace

architecture_list architectures() {
  return {rows, std::size(rows)};
}

const architecture_row* find_architecture(std::string_view name) {
  const architecture_row* found = nullptr;
  std::size_t best = 0;
  const auto compare = [&](const architecture_row& row, std::string_view spelling) {
    const auto matched = match(spelling, name);
    if (matched > best) {
      best = matched;
      found = &row;
    }
  };
  for (const auto& row : rows) {
    compare(row, row.name);
    for (std::string_view rest = row.spellings; !rest.empty();) {
      const std::string_view spelling(rest.data(),
                                      rest.find(' ') < rest.size() ? rest.find(' ') : rest.size());
      compare(row, spelling);
      rest.remove_prefix(spelling.size() < rest.size() ? spelling.size() + 1 : rest.size());
    }
  }
  return found;
}

}  // namespace ebpfkit::detail
