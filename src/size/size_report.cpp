#include "size/size_report.hpp"

#include <elf.h>
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
#include <tuple>
#include <utility>
#include <vector>

#include "input/elf_sections.hpp"
#include "size/link_map.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::string_view padding = "padding";
constexpr std::string_view merged = "merged strings and constants";
constexpr std::string_view unwind_tables = "unwind tables";
constexpr std::string_view linker_tables = "tables and code of the linker";

bool has_prefix_of(std::string_view name, std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(prefixes,
                             [&](std::string_view each) { return name.starts_with(each); });
}

// Returns who owns the whole section whatever the map says, or an empty text. GNU ld's map names
// the first object for a table that the linker made.
std::string_view owner_of_section(const elf_section_header& section) {
  static constexpr auto of_unwinding = std::to_array<std::string_view>({".eh_frame", ".ARM.exidx"});
  static constexpr auto of_linker = std::to_array<std::string_view>(
      {".interp", ".plt", ".iplt", ".got", ".igot", ".dyn", ".note.gnu.build-id",
       ".note.gnu.property", ".MIPS.", ".reginfo", ".rld_map", ".relro_padding"});
  // The types of one CPU share their numbers with those of another, so names tell those.
  static constexpr std::uint32_t type_of_relr = 19;  // SHT_RELR, which <elf.h> has since glibc 2.36
  static constexpr auto types = std::to_array<std::uint32_t>(
      {SHT_DYNSYM, SHT_STRTAB, SHT_HASH, SHT_GNU_HASH, SHT_DYNAMIC, SHT_REL, SHT_RELA, type_of_relr,
       SHT_GNU_versym, SHT_GNU_verneed, SHT_GNU_verdef});
  if (has_prefix_of(section.name, of_unwinding))
    return unwind_tables;
  if (has_prefix_of(section.name, of_linker) || std::ranges::count(types, section.type) != 0)
    return linker_tables;
  return {};
}

// Whether GNU ld merges the input section with others. The map then names the first object.
// Compilers call such sections .rodata.str1.8, .rodata.main.str1.1, .rodata.cst16.
bool is_merged(std::string_view section) {
  constexpr std::string_view digits = "0123456789";
  const auto after = [&](std::string_view mark) {
    const auto at = section.rfind(mark);
    if (at == std::string_view::npos)
      return false;
    const auto rest = section.substr(at + mark.size());
    return !rest.empty() && rest.find_first_not_of("0123456789.") == std::string_view::npos &&
           digits.find(rest.front()) != std::string_view::npos;
  };
  return after(".str") || after(".cst");
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_start_file(std::string_view path) {
  const auto name = file_name(path);
  const auto extension = name.rfind('.');
  const auto stem = name.substr(0, extension);
  if (path.find('/') == std::string_view::npos || !name.ends_with(".o"))
    return false;
  static constexpr auto stems = std::to_array<std::string_view>(
      {"crt1", "Scrt1", "rcrt1", "gcrt1", "grcrt1", "Mcrt1", "crti", "crtn"});
  static constexpr auto prefixes =
      std::to_array<std::string_view>({"crtbegin", "crtend", "clang_rt.crt"});
  return std::ranges::count(stems, stem) != 0 || has_prefix_of(stem, prefixes);
}

// The names that GCC, and LLVM's releases, give to the objects of link-time optimisation.
bool is_lto_object(std::string_view path) {
  const auto name = file_name(path);
  return name.ends_with(".ltrans.o") || name == "lto.tmp" || name.ends_with(".lto.o") ||
         name.find(".lto.") != std::string_view::npos || name == "ld-temp.o";
}

struct owner {
  owner_kind kind;
  std::string_view library;  // the archive's path
  std::string_view object;

  auto key() const { return std::tie(kind, library, object); }
  friend bool operator<(const owner& one, const owner& other) { return one.key() < other.key(); }
};

owner nobody(std::string_view what) {
  return {owner_kind::none, {}, what};
}

owner owner_of(const map_piece& piece, const elf_section_header& section) {
  const auto file = piece.file.raw();
  if (file == "<internal>" || file == "linker stubs")
    return nobody((section.flags & SHF_EXECINSTR) != 0 || section.type == SHT_NOBITS ? linker_tables
                                                                                     : merged);
  if (is_merged(piece.section.raw()))
    return nobody(merged);
  const auto member = file.rfind('(');
  if (member != std::string_view::npos && file.ends_with(')'))
    return {owner_kind::archive, file.substr(0, member),
            file.substr(member + 1, file.size() - member - 2)};
  if (is_lto_object(file)) {
    // GCC's names are /tmp/ccOKmo3l.ltrans0.ltrans.o, and the random part differs in each build.
    const auto name = file_name(file);
    const auto part = name.rfind(".ltrans", name.size() - std::string_view(".ltrans.o").size() - 1);
    return {owner_kind::lto, {}, part == std::string_view::npos ? name : name.substr(part + 1)};
  }
  return {is_start_file(file) ? owner_kind::start_files : owner_kind::own, {}, file};
}

using owners = std::map<owner, byte_count>;

void add(owners& all, const owner& who, const elf_section_header& section, std::uint64_t size) {
  if (size != 0)
    all[who] += section.type == SHT_NOBITS ? byte_count{0, size} : byte_count{size, 0};
}

// Gives each byte of the section to one owner. Where pieces overlap, the byte belongs to the piece
// that begins last: GNU ld gives merged sections the size that they had before.
void add_pieces(owners& all, const elf_section_header& section,
                const std::vector<map_piece>& pieces) {
  struct part {
    std::uint64_t begin;  // offset in the section
    std::uint64_t end;
    const map_piece* piece;
  };
  std::vector<part> parts;
  for (const auto& piece : pieces) {
    const auto begin = piece.address - section.address;
    if (piece.address >= section.address && begin < section.size && piece.size != 0)
      parts.push_back({begin, begin + std::min(piece.size, section.size - begin), &piece});
  }
  std::ranges::stable_sort(parts, {}, &part::begin);
  std::uint64_t position = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [begin, whole_end, piece] = parts[i];
    const auto end = i + 1 < parts.size() ? std::min(whole_end, parts[i + 1].begin) : whole_end;
    add(all, nobody(padding), section, begin - position);
    add(all, owner_of(*piece, section), section, end - begin);
    position = end;
  }
  add(all, nobody(padding), section, section.size - position);
}

// Returns the map's section of these bytes. Throws `failure` when the map does not have it.
const map_section& find_section(const std::multimap<std::string_view, const map_section*>& by_name,
                                const elf_section_header& section, const std::string& elf_name,
                                const std::string& map_name) {
  const auto [first, last] = by_name.equal_range(section.name);
  const auto found = std::find_if(first, last, [&](const auto& each) {
    return each.second->address == section.address && each.second->size == section.size;
  });
  if (found != last)
    return *found->second;
  throw failure(
      fmt::format("'{}': this map is not of '{}': {}", map_name, elf_name,
                  first == last
                      ? fmt::format("it has no section {}", printable(section.name))
                      : fmt::format("its section {} is at {:#x} and has {} bytes, not at {:#x} "
                                    "with {} bytes",
                                    printable(section.name), first->second->address,
                                    first->second->size, section.address, section.size)),
      "Link the program again, so that the linker writes both files. Or name its map with --map.");
}

// Two archives of one name keep their paths.
std::vector<size_library> group(const owners& all) {
  std::map<std::string_view, std::set<std::string_view>> paths;
  for (const auto& [who, bytes] : all)
    paths[file_name(who.library)].insert(who.library);
  const auto library_name = [&](const owner& who) -> std::string {
    switch (who.kind) {
      case owner_kind::own:
        return "(own objects)";
      case owner_kind::start_files:
        return "(start files)";
      case owner_kind::lto:
        return "(link-time optimised code)";
      case owner_kind::none:
        return "(no owner)";
      case owner_kind::archive:
        break;
    }
    const auto name = file_name(who.library);
    return std::string(paths[name].size() > 1 ? who.library : name);
  };
  // `all` has the owners of one library one after the other.
  std::vector<size_library> libraries;
  const owner* last = nullptr;
  for (const auto& [who, bytes] : all) {
    if (last == nullptr || last->kind != who.kind || last->library != who.library)
      libraries.push_back({who.kind, library_name(who), {}, {}});
    last = &who;
    libraries.back().bytes += bytes;
    const auto object = who.kind == owner_kind::start_files ? file_name(who.object) : who.object;
    libraries.back().objects.push_back({std::string(object), bytes});
  }
  return libraries;
}

constexpr auto by_size = [](const auto& one, const auto& other) {
  return is_larger(one.bytes, one.name, other.bytes, other.name);
};

// Sums of hostile sizes must not overflow.
constexpr std::uint64_t most_zero_bytes = std::uint64_t{1} << 52;

}  // namespace

std::string_view owner_kind_name(owner_kind kind) {
  switch (kind) {
    case owner_kind::archive:
      return "archive";
    case owner_kind::own:
      return "own";
    case owner_kind::start_files:
      return "start-files";
    case owner_kind::lto:
      return "lto";
    case owner_kind::none:
      return "none";
  }
  return "none";
}

bool is_larger(const byte_count& one, std::string_view one_name, const byte_count& other,
               std::string_view other_name) {
  return std::tie(other.in_file, other.zero, one_name) <
         std::tie(one.in_file, one.zero, other_name);
}

size_report make_size_report(std::span<const std::uint8_t> elf, const std::string& name,
                             const std::optional<map_file>& map) {
  if (!is_elf(elf))
    throw failure(fmt::format("'{}': this is no ELF file", name), "Name a linked program.");
  size_report report{name, {}, elf.size(), {}, {}, {}};
  std::vector<elf_section_header> loaded;
  for (auto& section : elf_sections(elf, name).all()) {
    if ((section.flags & SHF_ALLOC) == 0 || section.size == 0)
      continue;
    const bool is_zero = section.type == SHT_NOBITS;
    const auto bytes = is_zero ? byte_count{0, section.size} : byte_count{section.size, 0};
    report.loaded += bytes;
    if (section.size > most_zero_bytes || report.loaded.zero > most_zero_bytes ||
        report.loaded.in_file > elf.size())
      throw failure(fmt::format("'{}': the section {} overlaps others, or is too large", name,
                                printable(section.name)),
                    "The ELF file is damaged; link it again.");
    report.sections.push_back({section.name, bytes});
    loaded.push_back(std::move(section));
  }
  if (loaded.empty())
    throw failure(fmt::format("'{}': the ELF file has no sections that a program loads", name),
                  "Name a linked program. What removes section headers (sstrip) must not run "
                  "before.");
  std::ranges::sort(report.sections, by_size);
  if (!map)
    return report;

  const auto parsed = parse_link_map(map->text, map->name);
  std::multimap<std::string_view, const map_section*> by_name;
  for (const auto& section : parsed.sections)
    by_name.emplace(section.name.raw(), &section);
  owners all;
  for (const auto& section : loaded) {
    if (const auto who = owner_of_section(section); !who.empty())
      add(all, nobody(who), section, section.size);
    else
      add_pieces(all, section, find_section(by_name, section, name, map->name).pieces);
  }
  report.owners_from = parsed.linker;
  report.libraries = group(all);
  std::ranges::sort(report.libraries, by_size);
  for (auto& library : report.libraries)
    std::ranges::sort(library.objects, by_size);
  return report;
}

}  // namespace ebpfkit::host
