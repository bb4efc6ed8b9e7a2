#include "object/mend_variable_sizes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "btf/type_graph.hpp"
#include "input/elf_sections.hpp"
#include "relocation/report.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

constexpr std::size_t entry_words = 3;  // struct btf_var_secinfo
constexpr std::uint32_t info_of_const = static_cast<std::uint32_t>(type_kind::const_qualifier)
                                        << 24;

// What has to change in the BTF.
struct changes {
  std::map<type_id, type_id> variable_types;
  std::map<type_id, std::set<std::uint32_t>> removed_entries;  // by section
  std::set<type_id> removed_sections;

  bool empty() const { return variable_types.empty() && removed_entries.empty(); }
};

// libbpf lays out these sections itself, or makes no variables of their entries.
bool is_left_to_libbpf(std::string_view section) {
  static constexpr std::array<std::string_view, 3> names = {".kconfig", ".ksyms", ".maps"};
  return std::ranges::find(names, section) != names.end();
}

// The largest integer type of at most `size` bytes.
std::optional<type_id> find_integer(const type_graph& types, std::uint32_t size) {
  std::optional<type_id> best;
  for (type_id type = 1; type < types.type_count(); ++type) {
    if (types.kind(type) == type_kind::integer && types.size_of(type) <= size &&
        (!best || types.size_of(type) > types.size_of(*best)))
      best = type;
  }
  return best;
}

void find_changes_of_entry(const type_graph& types, type_id section, std::uint32_t index,
                           changes& found, std::string_view shown) {
  const auto entry = types.section_entries(section)[index];
  if (types.kind(entry.variable) != type_kind::variable)
    return;
  const auto size = types.size_of(types.target(entry.variable));
  if (entry.size == 0 && size == 0) {
    found.removed_entries[section].insert(index);
    return;
  }
  if (entry.size >= size || types.linkage(entry.variable) == symbol_linkage::external)
    return;
  const auto integer = types.linkage(entry.variable) == symbol_linkage::local
                           ? find_integer(types, entry.size)
                           : std::nullopt;
  if (!integer)
    throw failure(
        fmt::format("'{}': variable '{}' in section '{}' has {} bytes, and its type has {}. The "
                    "kernel refuses such BTF",
                    shown, escape_unprintable(types.name(entry.variable)),
                    escape_unprintable(types.name(section)), entry.size, size),
        "Declare the variable volatile: the compiler then keeps its size.");
  found.variable_types[entry.variable] = *integer;
}

changes find_changes(const type_graph& types, std::string_view shown) {
  changes found;
  for (type_id section = 1; section < types.type_count(); ++section) {
    if (types.kind(section) != type_kind::data_section || is_left_to_libbpf(types.name(section)))
      continue;
    const auto count = types.section_entries(section).size();
    for (std::uint32_t index = 0; index < count; ++index)
      find_changes_of_entry(types, section, index, found, shown);
    const auto removed = found.removed_entries.find(section);
    // The kernel refuses a section of no bytes, too.
    if (removed != found.removed_entries.end() && removed->second.size() == count &&
        types.size_of(section) == 0)
      found.removed_sections.insert(section);
  }
  return found;
}

// Returns the words of the types after the changes.
std::vector<std::uint32_t> changed_words(std::span<const std::uint8_t> types, std::endian order,
                                         const changes& wanted) {
  std::vector<std::uint32_t> words(types.size() / 4);
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = load_btf_word(types, i * 4, order);
  std::vector<std::uint32_t> result;
  result.reserve(words.size());
  type_id type = 1;
  for (std::size_t at = 0; at < words.size(); ++type) {
    // type_graph has checked that the types end where their section ends.
    const auto items = btf_item_words(words.at(at + 1)).value();
    const auto next = at + 3 + items;
    const auto name = words[at];
    auto info = words[at + 1];
    auto size_or_type = words[at + 2];
    const auto variable = wanted.variable_types.find(type);
    if (variable != wanted.variable_types.end())
      size_or_type = variable->second;
    const auto removed = wanted.removed_entries.find(type);
    if (wanted.removed_sections.contains(type)) {
      // Other types keep their ids: `const void` takes the section's.
      result.insert(result.end(), {0U, info_of_const, 0U});
    } else if (removed != wanted.removed_entries.end()) {
      info -= static_cast<std::uint32_t>(removed->second.size());
      result.insert(result.end(), {name, info, size_or_type});
      for (std::uint32_t index = 0; index < items / entry_words; ++index) {
        const auto entry =
            words.begin() + static_cast<std::ptrdiff_t>(at + 3 + index * entry_words);
        if (!removed->second.contains(index))
          result.insert(result.end(), entry, entry + entry_words);
      }
    } else {
      result.insert(result.end(), {name, info, size_or_type});
      result.insert(result.end(), words.begin() + static_cast<std::ptrdiff_t>(at + 3),
                    words.begin() + static_cast<std::ptrdiff_t>(next));
    }
    at = next;
  }
  return result;
}

// Writes BTF of the same size: the kernel wants nothing between the parts, but the strings may end
// with several NUL bytes.
void apply(std::span<std::uint8_t> btf, const changes& wanted) {
  const auto parts = btf_blob_parts(btf).value();
  const auto words = changed_words(parts.types, parts.order, wanted);
  const std::vector<std::uint8_t> text(parts.text.begin(), parts.text.end());
  const auto types_size = static_cast<std::uint32_t>(words.size() * 4);
  const auto body = btf.subspan(parts.header_size);
  const auto text_size = static_cast<std::uint32_t>(body.size()) - types_size;
  std::ranges::fill(body, std::uint8_t{0});
  for (std::size_t i = 0; i < words.size(); ++i)
    store_btf_word(body, i * 4, parts.order, words[i]);
  std::ranges::copy(text, body.begin() + types_size);
  store_btf_word(btf, 8, parts.order, 0);
  store_btf_word(btf, 12, parts.order, types_size);
  store_btf_word(btf, 16, parts.order, types_size);
  store_btf_word(btf, 20, parts.order, text_size);
}

}  // namespace

bool mend_variable_sizes(std::vector<std::uint8_t>& object, std::string_view shown) {
  const elf_sections sections(object, std::string(shown));
  const auto found = sections.find(".BTF");
  if (!found || found->empty())
    return false;
  // libelf does not copy what it reads from memory.
  const auto at = static_cast<std::size_t>(found->data() - object.data());
  if (at > object.size() || found->size() > object.size() - at)
    throw failure(fmt::format("'{}': the .BTF section is outside of the file", shown),
                  "The file is damaged; make it again.");
  const auto btf = std::span(object).subspan(at, found->size());
  const auto wanted = find_changes(type_graph(std::span<const std::uint8_t>(btf)), shown);
  if (wanted.empty())
    return false;
  apply(btf, wanted);
  return true;
}

}  // namespace ebpfkit::host
