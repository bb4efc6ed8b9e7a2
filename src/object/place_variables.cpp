#include "object/place_variables.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/btf_format.hpp"
#include "relocation/byte_reader.hpp"
#include "relocation/report.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

constexpr std::string_view map_section = ".maps";

// The linkage of a variable in BTF: BTF_VAR_* of <linux/btf.h>.
constexpr std::uint32_t static_linkage = 0;
constexpr std::uint32_t global_linkage = 1;
constexpr std::uint32_t extern_linkage = 2;

struct elf_closer {
  void operator()(Elf* elf) const { elf_end(elf); }
};

struct global_symbol {
  std::uint64_t offset = 0;
  bool hidden = false;
};

struct program_section {
  std::uint64_t size = 0;
  std::map<std::string, global_symbol, std::less<>> symbols;
};

// What the ELF file says. It holds copies, so that the bytes may change.
struct elf_layout {
  std::map<std::string, program_section, std::less<>> sections;
  std::size_t btf_offset = 0;  // in the file
  std::size_t btf_size = 0;
};

[[noreturn]] void fail_damaged(std::string_view shown, std::string_view problem) {
  throw failure(fmt::format("'{}': {}", shown, problem), "The file is damaged; make it again.");
}

void read_symbols(Elf* elf, Elf_Scn* table, const GElf_Shdr& header,
                  const std::map<std::size_t, std::string>& names, elf_layout& layout,
                  std::string_view shown) {
  Elf_Data* data = elf_getdata(table, nullptr);
  if (data == nullptr)
    fail_damaged(shown, "the symbol table cannot be read");
  GElf_Sym symbol;
  for (int index = 0; gelf_getsym(data, index, &symbol) != nullptr; ++index) {
    const auto section = names.find(symbol.st_shndx);
    if (section == names.end() || GELF_ST_BIND(symbol.st_info) == STB_LOCAL)
      continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr)
      fail_damaged(shown, "the symbol table has a name outside its string table");
    const auto visibility = GELF_ST_VISIBILITY(symbol.st_other);
    layout.sections[section->second].symbols.try_emplace(
        name,
        global_symbol{symbol.st_value, visibility == STV_HIDDEN || visibility == STV_INTERNAL});
  }
}

elf_layout read_layout(std::vector<std::uint8_t>& object, std::string_view shown) {
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, elf_closer> elf(
      elf_memory(reinterpret_cast<char*>(object.data()), object.size()));
  std::size_t strings = 0;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || elf_getshdrstrndx(elf.get(), &strings) != 0)
    fail_damaged(shown, "not a sound ELF file");
  elf_layout layout;
  std::map<std::size_t, std::string> names;
  std::vector<std::pair<Elf_Scn*, GElf_Shdr>> symbol_tables;
  for (auto* section = elf_nextscn(elf.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf.get(), section)) {
    GElf_Shdr header;
    const char* name = gelf_getshdr(section, &header) != nullptr
                           ? elf_strptr(elf.get(), strings, header.sh_name)
                           : nullptr;
    if (name == nullptr)
      fail_damaged(shown, "the section table cannot be read");
    names.emplace(elf_ndxscn(section), name);
    layout.sections[name].size = header.sh_size;
    if (header.sh_type == SHT_SYMTAB)
      symbol_tables.emplace_back(section, header);
    if (std::string_view(name) != ".BTF")
      continue;
    if (header.sh_type == SHT_NOBITS || header.sh_offset > object.size() ||
        header.sh_size > object.size() - header.sh_offset)
      fail_damaged(shown, "the .BTF section goes beyond the end of the file");
    layout.btf_offset = header.sh_offset;
    layout.btf_size = header.sh_size;
  }
  for (const auto& [table, header] : symbol_tables)
    read_symbols(elf.get(), table, header, names, layout, shown);
  return layout;
}

struct raw_variable {
  std::string name;
  std::uint32_t linkage = 0;
};

struct raw_section {
  std::string name;
  std::uint32_t size = 0;  // 0: no linker has laid it out
  std::size_t entries = 0;
  std::uint32_t count = 0;
};

// Type, offset, size: struct btf_var_secinfo.
using raw_entry = std::array<std::uint32_t, 3>;
constexpr std::size_t entry_size = 12;

// The sections of variables in raw BTF, with the places of their entries. type_graph does not tell
// places.
class raw_sections {
 public:
  raw_sections(std::span<std::uint8_t> bytes, std::endian order, std::string_view shown)
      : bytes_(bytes), order_(order), what_(fmt::format("'{}': the .BTF section", shown)) {
    const auto header_size = reader().u32(4);
    strings_ = std::size_t{header_size} + reader().u32(16);
    strings_end_ = strings_ + reader().u32(20);
    std::size_t at = std::size_t{header_size} + reader().u32(8);
    const std::size_t end = at + reader().u32(12);
    for (std::uint32_t type = 1; at < end; ++type) {
      const auto info = reader().u32(at + 4);
      const auto kind = btf_kind_number(info);
      const auto length = btf_kind_lengths[kind];
      if (length.fixed == 0)
        throw failure(fmt::format("{} has a type of the unknown kind {}", what_, kind),
                      "Use a newer ebpfkit, or an older compiler.");
      if (kind == static_cast<std::uint32_t>(type_kind::variable))
        variables_[type] = {text(reader().u32(at)), reader().u32(at + 12)};
      if (kind == static_cast<std::uint32_t>(type_kind::data_section))
        sections_.push_back(
            {text(reader().u32(at)), reader().u32(at + 8), at + 12, btf_item_count(info)});
      at += 4 * (std::size_t{length.fixed} + std::size_t{length.each} * btf_item_count(info));
    }
  }

  const std::vector<raw_section>& all() const { return sections_; }

  // Null: the type is no variable. Functions stand in .ksyms.
  const raw_variable* variable(std::uint32_t type) const {
    const auto found = variables_.find(type);
    return found == variables_.end() ? nullptr : &found->second;
  }

  std::vector<raw_entry> entries(const raw_section& section) const {
    std::vector<raw_entry> result;
    for (std::uint32_t i = 0; i < section.count; ++i) {
      const auto at = section.entries + i * entry_size;
      result.push_back({reader().u32(at), reader().u32(at + 4), reader().u32(at + 8)});
    }
    return result;
  }

  // `entries` are as many as the section has.
  void replace(const raw_section& section, const std::vector<raw_entry>& entries) {
    auto at = section.entries;
    for (const auto& entry : entries) {
      for (const auto word : entry) {
        for (std::size_t i = 0; i < 4; ++i) {
          const auto shift = 8 * (order_ == std::endian::little ? i : 3 - i);
          bytes_[at++] = static_cast<std::uint8_t>(word >> shift);
        }
      }
    }
  }

 private:
  byte_reader reader() const { return {bytes_, order_, what_}; }

  std::string text(std::uint32_t offset) const {
    std::string result;
    for (auto at = strings_ + offset;; ++at) {
      if (at >= strings_end_)
        throw failure(fmt::format("{} has a name outside its strings", what_),
                      "The file is damaged; make it again.");
      const auto character = static_cast<char>(reader().u8(at));
      if (character == '\0')
        return result;
      result += character;
    }
  }

  std::span<std::uint8_t> bytes_;
  std::endian order_;
  std::string what_;
  std::size_t strings_ = 0;
  std::size_t strings_end_ = 0;
  std::vector<raw_section> sections_;
  std::map<std::uint32_t, raw_variable> variables_;
};

// Nothing when the object has no BTF.
std::optional<raw_sections> read_btf(std::vector<std::uint8_t>& object, const elf_layout& layout,
                                     std::string_view shown) {
  const auto bytes = std::span(object).subspan(layout.btf_offset, layout.btf_size);
  const auto order = btf_byte_order(bytes);
  if (!order)
    return std::nullopt;
  return raw_sections(bytes, *order, shown);
}

// `symbol` may be null.
void check_map(const raw_variable& variable, const global_symbol* symbol, std::string_view shown) {
  const auto map = escape_unprintable(variable.name);
  if (variable.linkage == static_linkage)
    throw failure(
        fmt::format("'{}': map '{}' is static, and libbpf opens no object with static maps", shown,
                    map),
        "Remove the word static from the map's declaration.");
  if (variable.linkage == extern_linkage)
    throw failure(
        fmt::format("'{}': map '{}' is declared extern, and no source defines it", shown, map),
        "Add the source that defines it to SOURCES, or remove the word extern.");
  if (symbol == nullptr)
    throw failure(fmt::format("'{}': map '{}' has no symbol in section '{}', which would tell its "
                              "place",
                              shown, map, map_section),
                  "Give it SEC(\".maps\") in every source that declares or defines it.");
  if (symbol->hidden)
    throw failure(fmt::format("'{}': map '{}' has hidden visibility, and newer versions of libbpf "
                              "open no object with hidden maps",
                              shown, map),
                  "Remove -fvisibility=hidden from COMPILE_OPTIONS, or __hidden from the map's "
                  "declaration.");
}

// Returns whether the entry changed.
bool place_entry(raw_entry& entry, const raw_variable& variable, const global_symbol& symbol,
                 const raw_section& section, std::uint64_t section_size, std::string_view shown) {
  auto& [type, offset, size] = entry;
  if (symbol.offset == offset)
    return false;
  if (symbol.offset > std::numeric_limits<std::uint32_t>::max() || symbol.offset > section_size ||
      size > section_size - symbol.offset)
    throw failure(
        fmt::format("'{}': {} '{}' has {} bytes at offset {}, outside of section '{}', which has "
                    "{} bytes",
                    shown, section.name == map_section ? "map" : "variable",
                    escape_unprintable(variable.name), size, symbol.offset,
                    escape_unprintable(section.name), section_size),
        "Give it the same type in every source that declares or defines it.");
  offset = static_cast<std::uint32_t>(symbol.offset);
  return true;
}

}  // namespace

bool place_variables(std::vector<std::uint8_t>& object, std::string_view shown) {
  const auto layout = read_layout(object, shown);
  auto btf = read_btf(object, layout, shown);
  if (!btf)
    return false;
  const program_section absent;
  auto changed = false;
  for (const auto& section : btf->all()) {
    const auto found = layout.sections.find(section.name);
    const auto& in_file = found == layout.sections.end() ? absent : found->second;
    auto entries = btf->entries(section);
    auto section_changed = false;
    for (auto& entry : entries) {
      const auto* variable = btf->variable(entry[0]);
      if (variable == nullptr)
        continue;
      const auto named = in_file.symbols.find(variable->name);
      const auto* symbol = named == in_file.symbols.end() ? nullptr : &named->second;
      if (section.name == map_section)
        check_map(*variable, symbol, shown);
      // libbpf itself lays out a section without a size (btf_fixup_datasec()).
      if (section.size != 0 && symbol != nullptr && variable->linkage == global_linkage &&
          place_entry(entry, *variable, *symbol, section, in_file.size, shown))
        section_changed = true;
    }
    if (!section_changed)
      continue;
    std::ranges::stable_sort(entries, {}, [](const auto& entry) { return entry[1]; });
    btf->replace(section, entries);
    changed = true;
  }
  return changed;
}

}  // namespace ebpfkit::host
