#include "object/btf_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

constexpr std::uint32_t info_of_const = static_cast<std::uint32_t>(type_kind::const_qualifier)
                                        << 24;

// Type, offset, size: struct btf_var_secinfo.
using raw_entry = std::array<std::uint32_t, 3>;

// Returns the entries of a section, which stand in `words`, after the changes.
std::vector<raw_entry> changed_entries(std::span<const std::uint32_t> words,
                                       const section_changes& wanted) {
  std::vector<raw_entry> entries;
  for (std::uint32_t index = 0; index < words.size() / raw_entry().size(); ++index) {
    if (wanted.removed.contains(index))
      continue;
    raw_entry entry;
    std::ranges::copy(words.subspan(index * entry.size(), entry.size()), entry.begin());
    if (const auto moved = wanted.offsets.find(index); moved != wanted.offsets.end())
      entry[1] = moved->second;
    entries.push_back(entry);
  }
  if (!wanted.offsets.empty())
    std::ranges::stable_sort(entries, {}, [](const auto& entry) { return entry[1]; });
  return entries;
}

// Returns the words of the types after the changes.
std::vector<std::uint32_t> changed_words(std::span<const std::uint8_t> types, std::endian order,
                                         const btf_changes& wanted) {
  std::vector<std::uint32_t> words(types.size() / 4);
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = load_btf_word(types, i * 4, order);
  std::vector<std::uint32_t> result;
  result.reserve(words.size());
  type_id type = 1;
  for (std::size_t at = 0; at < words.size(); ++type) {
    // type_graph has checked that the types end where their section ends.
    const auto items = std::span(words).subspan(at + 3, btf_item_words(words.at(at + 1)).value());
    auto info = words[at + 1];
    auto size_or_type = words[at + 2];
    const auto variable = wanted.variable_types.find(type);
    if (variable != wanted.variable_types.end())
      size_or_type = variable->second;
    const auto section = wanted.sections.find(type);
    if (wanted.removed_sections.contains(type)) {
      // Other types keep their ids: `const void` takes the section's.
      result.insert(result.end(), {0U, info_of_const, 0U});
    } else if (const auto array = wanted.array_elements.find(type);
               array != wanted.array_elements.end()) {
      // struct btf_array: the type of the elements, that of the index, their number.
      result.insert(result.end(), {words[at], info, size_or_type, array->second});
      result.insert(result.end(), items.begin() + 1, items.end());
    } else if (section != wanted.sections.end()) {
      info -= static_cast<std::uint32_t>(section->second.removed.size());
      result.insert(result.end(), {words[at], info, size_or_type});
      for (const auto& entry : changed_entries(items, section->second))
        result.insert(result.end(), entry.begin(), entry.end());
    } else {
      result.insert(result.end(), {words[at], info, size_or_type});
      result.insert(result.end(), items.begin(), items.end());
    }
    at += 3 + items.size();
  }
  return result;
}

// Writes BTF of the same size: the kernel wants nothing between the parts, but the strings may end
// with several NUL bytes.
void apply(std::span<std::uint8_t> btf, const btf_changes& wanted) {
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

bool change_btf(std::vector<std::uint8_t>& object, std::string_view shown,
                const btf_change_finder& find) {
  try {
    const elf_object elf(object);
    const auto* section = elf.find(".BTF");
    if (!section || section->header.sh_size == 0)
      return false;
    const auto content = elf.content(*section);
    // libelf does not copy what it reads from memory.
    const auto at = static_cast<std::size_t>(content.data() - object.data());
    if (at > object.size() || content.size() > object.size() - at)
      throw failure("the .BTF section is outside of the file",
                    "The file is damaged; make it again.");
    const auto btf = std::span(object).subspan(at, content.size());
    const type_graph types(std::span<const std::uint8_t>{btf});
    const auto wanted = find(types, elf);
    if (wanted.empty())
      return false;
    apply(btf, wanted);
    return true;
  } catch (const failure& problem) {
    throw failure(fmt::format("'{}': {}", shown, problem.what()), problem.remedy());
  }
}

}  // namespace ebpfkit::host
