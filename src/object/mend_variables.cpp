#include "object/mend_variables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "btf/type_graph.hpp"
#include "object/elf_object.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

constexpr std::string_view map_section = ".maps";
constexpr std::uint32_t info_of_const = static_cast<std::uint32_t>(type_kind::const_qualifier)
                                        << 24;

// Type, offset, size: struct btf_var_secinfo.
using raw_entry = std::array<std::uint32_t, 3>;

// What has to change in the entries of a section.
struct section_changes {
  std::map<std::uint32_t, std::uint32_t> offsets;  // by index of the entry
  std::set<std::uint32_t> removed;
};

struct changes {
  std::map<type_id, type_id> variable_types;
  std::map<type_id, type_id> array_elements;
  std::map<type_id, section_changes> sections;
  std::set<type_id> removed_sections;

  bool empty() const {
    return variable_types.empty() && array_elements.empty() && sections.empty();
  }
};

class change_finder {
 public:
  change_finder(const type_graph& types, const elf_object& elf) : types_(types), elf_(elf) {
    for (const auto& symbol : elf.symbols()) {
      const auto* section = elf.section_of(symbol);
      if (section != nullptr && GELF_ST_BIND(symbol.entry.st_info) == STB_LOCAL)
        static_places_[symbol.name].emplace(section, symbol.entry.st_value);
    }
  }

  changes run() {
    for (type_id type = 1; type < types_.type_count(); ++type) {
      if (types_.kind(type) == type_kind::data_section)
        find_in_section(type);
      else if (types_.kind(type) == type_kind::array)
        find_in_array(type);
    }
    return std::move(found_);
  }

 private:
  void find_in_section(type_id section) {
    const auto name = types_.name(section);
    const auto* in_file = elf_.find(name);
    // libbpf lays out .kconfig and .ksyms itself, and makes no variables of the entries of .maps.
    const bool has_sizes = name != ".kconfig" && name != ".ksyms" && name != map_section;
    std::uint32_t index = 0;
    for (const auto entry : types_.section_entries(section)) {
      if (types_.kind(entry.variable) == type_kind::variable) {
        if (name == map_section)
          check_map(entry.variable, in_file);
        find_offset(section, index, entry, in_file);
        if (has_sizes && is_elsewhere(entry, in_file))
          found_.sections[section].removed.insert(index);
        else if (has_sizes)
          find_size(section, index, entry);
      }
      ++index;
    }
    const auto changed = found_.sections.find(section);
    // The kernel refuses a section of no bytes, too.
    if (changed != found_.sections.end() && changed->second.removed.size() == index &&
        (types_.size_of(section) == 0 || in_file == nullptr))
      found_.removed_sections.insert(section);
  }

  // Whether a static variable is not in the section whose BTF has it. A static variable whose name
  // has no symbol may have been split.
  bool is_elsewhere(const section_entry& entry, const elf_section* in_file) const {
    if (types_.linkage(entry.variable) != symbol_linkage::local)
      return false;
    if (in_file == nullptr)
      return true;
    const auto places = static_places_.find(types_.name(entry.variable));
    return places != static_places_.end() && !places->second.contains({in_file, entry.offset});
  }

  // No variable is so large: only pointers in the definitions of maps lead to such arrays.
  void find_in_array(type_id array) {
    const auto [element, index, count] = types_.array(array);
    const auto size = types_.size_of(element);
    if (size < 2 || count <= std::numeric_limits<std::uint32_t>::max() / size)
      return;
    // Without such a type, libbpf warns when it loads the object.
    if (const auto byte = find_integer(1))
      found_.array_elements[array] = *byte;
  }

  void check_map(type_id variable, const elf_section* section) const {
    const auto map = printable(types_.name(variable));
    if (types_.linkage(variable) == symbol_linkage::local)
      throw failure(
          fmt::format("map '{}' is static, and libbpf opens no object with static maps", map),
          "Remove the word static from the map's declaration.");
    if (types_.linkage(variable) == symbol_linkage::external)
      throw failure(fmt::format("map '{}' is declared extern, and no source defines it", map),
                    "Add the source that defines it to SOURCES, or remove the word extern.");
    if (section == nullptr || !elf_.offset_of(types_.name(variable), *section))
      throw failure(
          fmt::format("map '{}' has no symbol in section '{}', which would tell its place", map,
                      map_section),
          "Give it SEC(\".maps\") in every source that declares or defines it.");
    if (elf_.is_hidden(types_.name(variable), *section))
      throw failure(fmt::format("map '{}' has hidden visibility, and newer versions of libbpf "
                                "open no object with hidden maps",
                                map),
                    "Remove -fvisibility=hidden from COMPILE_OPTIONS, or __hidden from the map's "
                    "declaration.");
  }

  void find_offset(type_id section, std::uint32_t index, const section_entry& entry,
                   const elf_section* in_file) {
    // libbpf itself lays out a section without a size (btf_fixup_datasec()).
    if (in_file == nullptr || types_.size_of(section) == 0 ||
        types_.linkage(entry.variable) != symbol_linkage::global)
      return;
    const auto offset = elf_.offset_of(types_.name(entry.variable), *in_file);
    if (!offset || *offset == entry.offset)
      return;
    const auto size = in_file->header.sh_size;
    if (*offset > std::numeric_limits<std::uint32_t>::max() || *offset > size ||
        entry.size > size - *offset)
      throw failure(
          fmt::format("{} '{}' has {} bytes at offset {}, outside of section '{}', which has "
                      "{} bytes",
                      types_.name(section) == map_section ? "map" : "variable",
                      printable(types_.name(entry.variable)), entry.size, *offset,
                      printable(types_.name(section)), size),
          "Give it the same type in every source that declares or defines it.");
    found_.sections[section].offsets[index] = static_cast<std::uint32_t>(*offset);
  }

  void find_size(type_id section, std::uint32_t index, const section_entry& entry) {
    const auto size = types_.size_of(types_.target(entry.variable));
    if (entry.size == 0 && size == 0) {
      found_.sections[section].removed.insert(index);
      return;
    }
    if (entry.size >= size || types_.linkage(entry.variable) == symbol_linkage::external)
      return;
    const auto integer = types_.linkage(entry.variable) == symbol_linkage::local
                             ? find_integer(entry.size)
                             : std::nullopt;
    if (!integer)
      throw failure(
          fmt::format("variable '{}' in section '{}' has {} bytes, and its type has {}. The "
                      "kernel refuses such BTF",
                      printable(types_.name(entry.variable)), printable(types_.name(section)),
                      entry.size, size),
          "Declare the variable volatile: the compiler then keeps its size.");
    found_.variable_types[entry.variable] = *integer;
  }

  // The largest integer type of at most `size` bytes.
  std::optional<type_id> find_integer(std::uint32_t size) const {
    std::optional<type_id> best;
    for (type_id type = 1; type < types_.type_count(); ++type) {
      if (types_.kind(type) == type_kind::integer && types_.size_of(type) <= size &&
          (!best || types_.size_of(type) > types_.size_of(*best)))
        best = type;
    }
    return best;
  }

  const type_graph& types_;
  const elf_object& elf_;
  // Where symbols of static variables of a name are: section and offset.
  std::map<std::string_view, std::set<std::pair<const elf_section*, std::uint64_t>>> static_places_;
  changes found_;
};

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
                                         const changes& wanted) {
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

bool mend_variables(std::vector<std::uint8_t>& object, std::string_view shown) {
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
    const auto wanted = change_finder(types, elf).run();
    if (wanted.empty())
      return false;
    apply(btf, wanted);
    return true;
  } catch (const failure& problem) {
    throw failure(fmt::format("'{}': {}", shown, problem.what()), problem.remedy());
  }
}

}  // namespace ebpfkit::host
