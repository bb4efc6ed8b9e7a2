#include "object/elf_object.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "support/failure.hpp"

namespace ebpfkit::host {

elf_object::elf_object(std::span<const std::uint8_t> bytes) {
  elf_version(EV_CURRENT);
  // libelf does not write to the bytes, because nothing calls elf_update().
  elf_.reset(
      elf_memory(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())), bytes.size()));
  GElf_Ehdr header;
  if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || !gelf_getehdr(elf_.get(), &header))
    throw failure("not an ELF file", "Give the object that ebpf_add_program() links.");
  if (header.e_machine != EM_BPF)
    throw failure(fmt::format("an ELF file for machine {}, not for BPF", header.e_machine),
                  "Compile it with clang --target=bpf.");
  byte_order_ = header.e_ident[EI_DATA] == ELFDATA2MSB ? std::endian::big : std::endian::little;
  read_sections();
  read_symbols();
}

const elf_section* elf_object::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(sections_, [&](const auto& section) { return section.name == name; });
  return found == sections_.end() ? nullptr : &*found;
}

const elf_section* elf_object::section_of(const elf_symbol& symbol) const {
  // sections_ begins with section 1: elf_nextscn() skips section 0.
  const std::size_t index = symbol.entry.st_shndx;
  return index == 0 || index > sections_.size() ? nullptr : &sections_[index - 1];
}

std::span<const std::uint8_t> elf_object::content(const elf_section& section) const {
  const Elf_Data* data = elf_rawdata(section.handle, nullptr);
  if (!data || !data->d_buf)
    throw failure(
        fmt::format("section '{}' cannot be read: {}", section.name.shown(), elf_errmsg(-1)));
  return {static_cast<const std::uint8_t*>(data->d_buf), data->d_size};
}

bool elf_object::is_hidden(std::string_view name, const elf_section& section) const {
  return hidden_.contains({elf_ndxscn(section.handle), name});
}

std::optional<std::uint64_t> elf_object::offset_of(std::string_view name,
                                                   const elf_section& section) const {
  const auto found = global_offsets_.find({elf_ndxscn(section.handle), name});
  return found == global_offsets_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<elf_relocation> elf_object::relocations(const elf_section& section) const {
  std::vector<elf_relocation> found;
  for (const auto& table : sections_) {
    if (table.header.sh_type != SHT_REL || table.header.sh_info != elf_ndxscn(section.handle))
      continue;
    Elf_Data* entries = elf_getdata(table.handle, nullptr);
    Elf_Scn* symbol_table = elf_getscn(elf_.get(), table.header.sh_link);
    Elf_Data* symbols = symbol_table ? elf_getdata(symbol_table, nullptr) : nullptr;
    GElf_Shdr header;
    if (!entries || !symbols || !gelf_getshdr(symbol_table, &header))
      throw failure(
          fmt::format("the relocations of section '{}' cannot be read", section.name.shown()));
    GElf_Rel entry;
    for (int index = 0; gelf_getrel(entries, index, &entry); ++index) {
      elf_relocation relocation;
      relocation.offset = entry.r_offset;
      const auto symbol = static_cast<int>(GELF_R_SYM(entry.r_info));
      const char* name = nullptr;
      if (gelf_getsym(symbols, symbol, &relocation.symbol.entry))
        name = elf_strptr(elf_.get(), header.sh_link, relocation.symbol.entry.st_name);
      if (!name)
        throw failure(
            fmt::format("a relocation of section '{}' has no symbol", section.name.shown()));
      relocation.symbol.name = untrusted_text(name);
      found.push_back(relocation);
    }
  }
  return found;
}

void elf_object::read_sections() {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0)
    throw failure("an ELF file without section names");
  for (Elf_Scn* handle = elf_nextscn(elf_.get(), nullptr); handle;
       handle = elf_nextscn(elf_.get(), handle)) {
    elf_section section;
    section.handle = handle;
    const char* name = nullptr;
    if (gelf_getshdr(handle, &section.header))
      name = elf_strptr(elf_.get(), names, section.header.sh_name);
    if (!name)
      throw failure("an ELF file with a broken section table");
    section.name = untrusted_text(name);
    sections_.push_back(section);
  }
}

void elf_object::read_symbols() {
  for (const auto& section : sections_) {
    if (section.header.sh_type != SHT_SYMTAB || section.header.sh_entsize == 0)
      continue;
    Elf_Data* data = elf_getdata(section.handle, nullptr);
    if (!data)
      throw failure(fmt::format("the symbol table cannot be read: {}", elf_errmsg(-1)));
    GElf_Sym entry;
    for (int index = 0; gelf_getsym(data, index, &entry); ++index) {
      const char* name = elf_strptr(elf_.get(), section.header.sh_link, entry.st_name);
      if (!name)
        throw failure("a symbol table with a name outside its string table");
      symbols_.push_back({untrusted_text(name), entry});
      if (GELF_ST_BIND(entry.st_info) == STB_LOCAL)
        continue;
      global_offsets_.emplace(std::pair(std::size_t{entry.st_shndx}, name), entry.st_value);
      const auto visibility = GELF_ST_VISIBILITY(entry.st_other);
      if (visibility == STV_HIDDEN || visibility == STV_INTERNAL)
        hidden_.emplace(std::size_t{entry.st_shndx}, name);
    }
  }
}

}  // namespace ebpfkit::host
