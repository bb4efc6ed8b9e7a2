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

// A file with a section of code, which is at 0x1000 in memory and at 0x400 in the file, a table of
// symbols and their names.
inline std::string elf_with_symbols(const std::vector<named_symbol>& symbols) {
  std::string names(1, '\0');
  std::string table(sizeof(Elf64_Sym), '\0');
  for (const auto& each : symbols) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(names.size());
    symbol.st_info = static_cast<unsigned char>(ELF64_ST_INFO(each.binding, each.type));
    symbol.st_shndx = each.section;
    symbol.st_value = each.value;
    names += std::string(each.name) + '\0';
    table.append(reinterpret_cast<const char*>(&symbol), sizeof(symbol));
  }
  Elf64_Ehdr header{};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 4;
  header.e_shoff = sizeof(header);
  Elf64_Shdr sections[4] = {};
  sections[1].sh_type = SHT_PROGBITS;
  sections[1].sh_addr = 0x1000;
  sections[1].sh_offset = 0x400;
  sections[2].sh_type = SHT_SYMTAB;
  sections[2].sh_entsize = sizeof(Elf64_Sym);
  sections[2].sh_offset = sizeof(header) + sizeof(sections);
  sections[2].sh_size = table.size();
  sections[2].sh_link = 3;
  sections[3].sh_type = SHT_STRTAB;
  sections[3].sh_offset = sections[2].sh_offset + table.size();
  sections[3].sh_size = names.size();
  return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) +
         std::string(reinterpret_cast<const char*>(sections), sizeof(sections)) + table + names;
}

}  // namespace ebpfkit::test
