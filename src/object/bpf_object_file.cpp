#include "object/bpf_object_file.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

#include "object/elf_object.hpp"
#include "support/byte_order.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

constexpr std::uint32_t struct_ops_map_type = 26;  // BPF_MAP_TYPE_STRUCT_OPS

void require_identifier(std::string_view what, std::string_view name) {
  if (!is_c_identifier(name))
    throw failure(fmt::format("{} '{}' has no C identifier as its name", what, printable(name)),
                  "Rename it in the BPF source.");
}

// Follows libbpf (bpf_object__add_programs, prog_is_subprog): every function is a program. If the
// object has more than one function, those in .text are subprograms instead.
std::vector<bpf_program_symbol> read_programs(const elf_object& elf) {
  std::vector<const elf_symbol*> functions;
  for (const auto& symbol : elf.symbols()) {
    const auto* section = elf.section_of(symbol);
    if (GELF_ST_TYPE(symbol.entry.st_info) == STT_FUNC && section &&
        section->header.sh_type == SHT_PROGBITS && (section->header.sh_flags & SHF_EXECINSTR))
      functions.push_back(&symbol);
  }
  std::ranges::stable_sort(functions, {}, [](const auto* symbol) {
    return std::pair(symbol->entry.st_shndx, symbol->entry.st_value);
  });
  std::vector<bpf_program_symbol> programs;
  for (const auto* symbol : functions) {
    const auto section = elf.section_of(*symbol)->name;
    if (functions.size() > 1 && section == ".text")
      continue;
    require_identifier("program", symbol->name.raw());
    programs.push_back({std::string(symbol->name.raw()), section});
  }
  return programs;
}

// __uint(name, value) of bpf_helpers.h declares a pointer to an array of `value` elements.
std::uint32_t encoded_number(const type_graph& types, type_id type) {
  type = types.skip_wrappers(type);
  if (types.kind(type) != type_kind::pointer)
    return 0;
  type = types.skip_wrappers(types.target(type));
  return types.kind(type) == type_kind::array ? types.array(type).count : 0;
}

// __type(name, type) of bpf_helpers.h declares a pointer to `type`.
type_id encoded_type(const type_graph& types, type_id type) {
  type = types.skip_wrappers(type);
  return types.kind(type) == type_kind::pointer ? types.target(type) : 0;
}

// __array(name, type) of bpf_helpers.h declares an array of pointers to `type`.
type_id encoded_element(const type_graph& types, type_id type) {
  type = types.skip_wrappers(type);
  return types.kind(type) == type_kind::array ? encoded_type(types, types.array(type).element) : 0;
}

void read_map_members(const type_graph& types, type_id definition, bpf_map_declaration& map) {
  for (const auto member : types.members(definition)) {
    if (member.name == "type")
      map.map_type = encoded_number(types, member.type);
    else if (member.name == "key")
      map.key = encoded_type(types, member.type);
    else if (member.name == "value")
      map.value = encoded_type(types, member.type);
    else if (member.name == "key_size")
      map.key_size = encoded_number(types, member.type);
    else if (member.name == "value_size")
      map.value_size = encoded_number(types, member.type);
  }
}

// The kernel takes no maps of maps of maps.
void read_inner_map(const type_graph& types, type_id definition, bpf_map_declaration& map) {
  for (const auto member : types.members(definition)) {
    if (member.name != "values")
      continue;
    const auto inner = types.skip_wrappers(encoded_element(types, member.type));
    if (inner == 0 || types.kind(inner) != type_kind::structure)
      continue;
    read_map_members(types, inner, map.inner.emplace_back());
  }
}

bpf_map_declaration read_map(const type_graph& types, type_id variable) {
  bpf_map_declaration map;
  map.name = types.name(variable);
  require_identifier("map", map.name);
  const auto definition = types.skip_wrappers(types.target(variable));
  if (types.kind(definition) != type_kind::structure)
    throw failure(fmt::format("map '{}' is no struct", map.name),
                  "Declare it with __uint() and __type() of <bpf/bpf_helpers.h>.");
  read_map_members(types, definition, map);
  read_inner_map(types, definition, map);
  return map;
}

// libbpf also makes a map of every variable in the struct_ops sections.
bool is_map_section(std::string_view name) {
  return name == ".maps" || name == ".struct_ops" || name == ".struct_ops.link" ||
         name == "?.struct_ops" || name == "?.struct_ops.link";
}

std::vector<bpf_map_declaration> read_maps(const type_graph& types, type_id section) {
  std::vector<bpf_map_declaration> maps;
  for (const auto entry : types.section_entries(section)) {
    if (types.kind(entry.variable) != type_kind::variable)
      continue;
    if (types.name(section) == ".maps") {
      maps.push_back(read_map(types, entry.variable));
    } else {
      require_identifier("map", types.name(entry.variable));
      bpf_map_declaration map;
      map.name = types.name(entry.variable);
      map.map_type = struct_ops_map_type;
      map.operations = types.skip_wrappers(types.target(entry.variable));
      maps.push_back(std::move(map));
    }
  }
  return maps;
}

// clang puts the variables of an arena into a section of their address space.
constexpr std::string_view arena_section = ".addr_space.1";

// libbpf makes a map of every such section, also of one that has no variables in BTF, and bpftool
// writes the section's name into the C skeleton as it is.
void require_plain_section(std::string_view name) {
  constexpr std::string_view others = "._$+-@";
  const bool is_plain = std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
  if (!is_plain)
    throw failure(
        fmt::format("section '{}' has a character in its name that no section of variables may "
                    "have in a skeleton",
                    printable(name)),
        "Rename it in SEC() of the BPF source, with letters, digits and . _ $ + - @ only.");
}

bool is_mapped_section(std::string_view name) {
  return name == arena_section || name == ".data" || name == ".rodata" || name == ".bss" ||
         name == ".kconfig" || name.starts_with(".data.") || name.starts_with(".rodata.") ||
         name.starts_with(".bss.");
}

// libbpf ignores the offsets that BTF has for .kconfig. It sorts the variables by descending
// alignment, then ascending size, then name (bpf_object__collect_externs, cmp_externs).
void lay_out_kconfig(const type_graph& types, bpf_data_section& section) {
  std::ranges::sort(section.variables, {}, [&](const auto& variable) {
    return std::tuple(-static_cast<std::int64_t>(types.alignment_of(variable.type)), variable.size,
                      variable.name);
  });
  std::uint64_t offset = 0;
  for (auto& variable : section.variables) {
    const std::uint64_t alignment = std::max(types.alignment_of(variable.type), 1U);
    variable.offset = (offset + alignment - 1) / alignment * alignment;
    offset = variable.offset + variable.size;
  }
  section.size = offset;
}

// The BTF of an object that clang made, without libbpf's linker, lacks section sizes and
// offsets of global variables. Take them from ELF, as libbpf's btf_fixup_datasec does.
void read_placement(const elf_object& elf, bpf_data_section& section) {
  const auto* found = elf.find(section.name);
  if (!found)
    throw failure(
        fmt::format("BTF describes section '{}', which the file does not have", section.name));
  section.size = found->header.sh_size;
  for (auto& variable : section.variables) {
    variable.offset = elf.offset_of(variable.name, *found).value_or(variable.offset);
    if (variable.offset > section.size || variable.size > section.size - variable.offset)
      throw failure(fmt::format("variable '{}' lies outside of section '{}'",
                                printable(variable.name), section.name));
  }
  std::ranges::stable_sort(section.variables, {}, &bpf_global_variable::offset);
}

bpf_data_section read_data_section(const type_graph& types, const elf_object& elf, type_id id) {
  bpf_data_section section;
  section.name = types.name(id);
  const auto* in_file = elf.find(section.name);
  for (const auto entry : types.section_entries(id)) {
    if (types.kind(entry.variable) != type_kind::variable ||
        types.linkage(entry.variable) == symbol_linkage::local ||
        (in_file && elf.is_hidden(types.name(entry.variable), *in_file)))
      continue;
    const auto type = types.target(entry.variable);
    section.variables.push_back({std::string(types.name(entry.variable)), type, entry.offset,
                                 entry.size ? entry.size : types.size_of(type)});
  }
  if (section.variables.empty())
    return section;
  if (section.name == ".kconfig")
    lay_out_kconfig(types, section);
  else
    read_placement(elf, section);
  return section;
}

}  // namespace

bool bpf_data_section::is_arena() const {
  return name == arena_section;
}

std::string bpf_data_section::identifier() const {
  if (is_arena())
    return "arena";
  std::string text = name.substr(1);
  std::ranges::replace_if(
      text, [](char c) { return !is_c_identifier(std::string("_") + c); }, '_');
  return text;
}

bpf_object_file::bpf_object_file(const std::filesystem::path& path)
    : bpf_object_file(read_file(path), path.string()) {}

bpf_object_file::bpf_object_file(std::vector<std::uint8_t> bytes, std::string path)
    : path_(std::move(path)), bytes_(std::move(bytes)) {
  try {
    const elf_object elf(bytes_);
    const auto* btf = elf.find(".BTF");
    if (!btf || btf->header.sh_size == 0)
      throw failure("a BPF object without BTF", "Compile it with -g.");
    for (const auto& section : elf.sections()) {
      if (is_mapped_section(section.name.raw()))
        require_plain_section(section.name.raw());
    }
    types_ = std::make_unique<type_graph>(elf.content(*btf));
    if (types_->byte_order() != elf.byte_order())
      throw failure(
          fmt::format("the object is {}-endian, and its BTF is {}-endian",
                      byte_order_name(elf.byte_order()), byte_order_name(types_->byte_order())),
          "The object is damaged; compile it again.");
    programs_ = read_programs(elf);
    for (type_id id = 1; id < types_->type_count(); ++id) {
      if (types_->kind(id) != type_kind::data_section)
        continue;
      if (is_map_section(types_->name(id))) {
        std::ranges::move(read_maps(*types_, id), std::back_inserter(maps_));
      } else if (is_mapped_section(types_->name(id))) {
        require_plain_section(types_->name(id));
        auto section = read_data_section(*types_, elf, id);
        if (!section.variables.empty())
          data_sections_.push_back(std::move(section));
      }
    }
  } catch (const failure& problem) {
    throw failure(fmt::format("'{}': {}", path_, problem.what()), problem.remedy());
  }
}

}  // namespace ebpfkit::host
