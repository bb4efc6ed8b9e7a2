#include "architecture_name.hpp"

#include <cstddef>
#include <string_view>

namespace ebpfkit::detail {
namespace {

constexpr std::size_t exact_match = 1000;  // more than the length of any `*` spelling

// How well `spelling` fits. Returns exact_match when both are the same. When a `*` spelling fits,
// returns the length of its beginning. Otherwise returns 0.
std::size_t match(std::string_view spelling, std::string_view name) {
  if (spelling == name)
    return exact_match;
  if (spelling.empty() || spelling.back() != '*')
    return 0;
  spelling.remove_suffix(1);
  return name.compare(0, spelling.size(), spelling) == 0 ? spelling.size() : 0;
}

// A line for each row: its name, then its spellings. Applications need nothing else of the rows,
// and this keeps static applications small.
constexpr std::string_view names =
#define EBPFKIT_ARCHITECTURE(kernel, name, bits, order, machine, mcpu, spellings) \
  name " " spellings "\n"
#include "../../../modules/detail/architectures.inc"
#undef EBPFKIT_ARCHITECTURE
    ;

}  // namespace

std::string_view architecture_name(std::string_view spelling) {
  std::string_view found;
  std::string_view row;  // the name of the current row; empty at the beginning of a line
  std::size_t best = 0;
  for (std::string_view rest = names; !rest.empty();) {
    const std::string_view word(rest.data(), rest.find_first_of(" \n"));
    if (row.empty())
      row = word;
    if (const auto matched = match(word, spelling); matched > best) {
      best = matched;
      found = row;
    }
    if (rest[word.size()] == '\n')
      row = {};
    rest.remove_prefix(word.size() + 1);
  }
  return found;
}

}  // namespace ebpfkit::detail
