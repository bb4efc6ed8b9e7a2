#include "object/mend_variables.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/btf_changes.hpp"
#include "object/elf_object.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

constexpr std::string_view map_section = ".maps";
class change_finder {
 public:
  change_finder(const type_graph& types, const elf_object& elf) : types_(types), elf_(elf) {
    for (const auto& symbol : elf.symbols()) {
      const auto* section = elf.section_of(symbol);
      if (section != nullptr && GELF_ST_BIND(symbol.entry.st_info) == STB_LOCAL)
        static_places_[symbol.name.raw()].emplace(section, symbol.entry.st_value);
    }
  }

  btf_changes run() {
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
    if (name == map_section && in_file != nullptr)
      check_order_of_maps(section, *in_file);
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

  // libbpf creates maps in the order of their places. A map of maps, whose initial values name
  // other maps, needs these to be there (bpf_object__create_maps()).
  void check_order_of_maps(type_id section, const elf_section& in_file) const {
    const auto relocations = elf_.relocations(in_file);
    if (relocations.empty())
      return;
    std::map<std::uint64_t, std::string_view> outer_maps;
    for (const auto entry : types_.section_entries(section)) {
      const auto name = types_.name(entry.variable);
      outer_maps.emplace(elf_.offset_of(name, in_file).value_or(entry.offset), name);
    }
    for (const auto& relocation : relocations) {
      const auto behind = outer_maps.upper_bound(relocation.offset);
      if (behind == outer_maps.begin() || elf_.section_of(relocation.symbol) != &in_file)
        continue;
      const auto& [place, outer] = *std::prev(behind);
      if (relocation.symbol.entry.st_value > place)
        throw failure(
            fmt::format("map '{0}' has map '{1}' as an initial value, and '{1}' is defined behind "
                        "it: libbpf creates '{0}' first",
                        printable(outer), relocation.symbol.name.shown()),
            fmt::format("Define '{}' before '{}': in one source, or in a source that stands "
                        "before the other one in SOURCES.",
                        relocation.symbol.name.shown(), printable(outer)));
    }
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
  btf_changes found_;
};

}  // namespace

bool mend_variables(std::vector<std::uint8_t>& object, std::string_view shown) {
  return change_btf(object, shown, [](const type_graph& types, const elf_object& elf) {
    return change_finder(types, elf).run();
  });
}

}  // namespace ebpfkit::host
