// Makes linked ELF files with given sections, of both word sizes and byte orders.
#pragma once

#include <elf.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace ebpfkit::host::test {

struct linked_section {
  std::string name;
  std::uint32_t type = SHT_PROGBITS;
  std::uint64_t flags = SHF_ALLOC;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

namespace detail {

template <std::integral Integer>
void put(Integer& field, std::uint64_t value, std::endian order) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    const auto shift = 8 * (order == std::endian::little ? i : sizeof(Integer) - 1 - i);
    reinterpret_cast<std::uint8_t*>(&field)[i] = static_cast<std::uint8_t>(value >> shift);
  }
}

template <class Header, class Section>
std::vector<std::uint8_t> linked_elf(std::endian order, std::vector<linked_section> sections) {
  std::string names(1, '\0');
  sections.insert(sections.begin(), linked_section{"", SHT_NULL, 0, 0, 0});
  std::size_t names_size = 1 + sizeof ".shstrtab";
  for (const auto& section : sections)
    names_size += section.name.size() + 1;
  sections.push_back({".shstrtab", SHT_STRTAB, 0, 0, names_size});

  std::vector<std::uint8_t> file(sizeof(Header));
  std::vector<Section> headers;
  for (const auto& section : sections) {
    Section header{};
    put(header.sh_name, names.size(), order);
    names += section.name + '\0';
    put(header.sh_type, section.type, order);
    put(header.sh_flags, section.flags, order);
    put(header.sh_addr, section.address, order);
    put(header.sh_offset, section.type == SHT_NULL ? 0 : file.size(), order);
    put(header.sh_size, section.size, order);
    headers.push_back(header);
    if (section.type != SHT_NOBITS)
      file.resize(file.size() + section.size);
  }
  names.resize(names_size);
  std::memcpy(file.data() + file.size() - names_size, names.data(), names_size);
  file.resize((file.size() + 7) / 8 * 8);

  Header header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = sizeof(Header) == sizeof(Elf64_Ehdr) ? ELFCLASS64 : ELFCLASS32;
  header.e_ident[EI_DATA] = order == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  put(header.e_type, ET_EXEC, order);
  put(header.e_machine, order == std::endian::little ? EM_X86_64 : EM_MIPS, order);
  put(header.e_version, EV_CURRENT, order);
  put(header.e_ehsize, sizeof(Header), order);
  put(header.e_shoff, file.size(), order);
  put(header.e_shentsize, sizeof(Section), order);
  put(header.e_shnum, headers.size(), order);
  put(header.e_shstrndx, headers.size() - 1, order);
  std::memcpy(file.data(), &header, sizeof header);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(headers.data());
  file.insert(file.end(), begin, begin + headers.size() * sizeof(Section));
  return file;
}

}  // namespace detail

inline std::vector<std::uint8_t> linked_elf_64(std::endian order,
                                               const std::vector<linked_section>& sections) {
  return detail::linked_elf<Elf64_Ehdr, Elf64_Shdr>(order, sections);
}

inline std::vector<std::uint8_t> linked_elf_32(std::endian order,
                                               const std::vector<linked_section>& sections) {
  return detail::linked_elf<Elf32_Ehdr, Elf32_Shdr>(order, sections);
}

}  // namespace ebpfkit::host::test
