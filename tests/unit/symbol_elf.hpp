// Makes ELF files of this machine's byte order that have nothing but a table of symbols.
#pragma once

#include <elf.h>
#include <string.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ebpfkit::test {

struct named_symbol {
  const char* name;
  std::uint64_t value;
  unsigned char binding = STB_GLOBAL;
  unsigned char type = STT_FUNC;
  std::uint16_t section = 1;
};

struct types_of_elf64 {
  using header = Elf64_Ehdr;
  using section = Elf64_Shdr;
  using symbol = Elf64_Sym;
  static constexpr unsigned char elf_class = ELFCLASS64;
};
struct types_of_elf32 {
  using header = Elf32_Ehdr;
  using section = Elf32_Shdr;
  using symbol = Elf32_Sym;
  static constexpr unsigned char elf_class = ELFCLASS32;
};

// A file with a section of code, which is at 0x1000 in memory and at 0x400 in the file, a table of
// symbols and their names.
template <class Types = types_of_elf64>
std::string elf_with_symbols(const std::vector<named_symbol>& symbols,
                             std::uint16_t machine = EM_X86_64,
                             std::uint32_t table_type = SHT_SYMTAB) {
  using section_type = typename Types::section;
  using symbol_type = typename Types::symbol;
  std::string names(1, '\0');
  std::string table(sizeof(symbol_type), '\0');
  for (const auto& each : symbols) {
    symbol_type symbol{};
    symbol.st_name = static_cast<std::uint32_t>(names.size());
    symbol.st_info = static_cast<unsigned char>(ELF64_ST_INFO(each.binding, each.type));
    symbol.st_shndx = each.section;
    symbol.st_value = static_cast<decltype(symbol.st_value)>(each.value);
    names += std::string(each.name) + '\0';
    table.append(reinterpret_cast<const char*>(&symbol), sizeof(symbol));
  }
  typename Types::header header{};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = Types::elf_class;
  header.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_version = EV_CURRENT;
  header.e_machine = machine;
  header.e_ehsize = sizeof(header);
  header.e_shentsize = sizeof(section_type);
  header.e_shnum = 4;
  header.e_shoff = sizeof(header);
  section_type sections[4] = {};
  using size_type = decltype(sections[0].sh_size);
  sections[1].sh_type = SHT_PROGBITS;
  sections[1].sh_addr = 0x1000;
  sections[1].sh_offset = 0x400;
  sections[2].sh_type = table_type;
  sections[2].sh_entsize = sizeof(symbol_type);
  sections[2].sh_offset = sizeof(header) + sizeof(sections);
  sections[2].sh_size = static_cast<size_type>(table.size());
  sections[2].sh_link = 3;
  sections[3].sh_type = SHT_STRTAB;
  sections[3].sh_offset = sections[2].sh_offset + sections[2].sh_size;
  sections[3].sh_size = static_cast<size_type>(names.size());
  return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) +
         std::string(reinterpret_cast<const char*>(sections), sizeof(sections)) + table + names;
}

}  // namespace ebpfkit::test
