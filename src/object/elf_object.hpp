// The sections and symbols of a BPF object.
#pragma once

#include <gelf.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

struct elf_section {
  untrusted_text name;  // in the file's bytes
  GElf_Shdr header{};
  Elf_Scn* handle = nullptr;
};

struct elf_symbol {
  untrusted_text name;  // in the file's bytes
  GElf_Sym entry{};
};

struct elf_relocation {
  std::uint64_t offset = 0;  // of what is relocated, in its section
  elf_symbol symbol;         // the symbol whose address goes there
};

// Reads and checks the sections and symbols of a BPF ELF file, of either byte order.
class elf_object {
 public:
  // `bytes` must outlive this object. Throws a `failure` that does not name the file.
  explicit elf_object(std::span<const std::uint8_t> bytes);

  std::endian byte_order() const { return byte_order_; }
  const std::vector<elf_section>& sections() const { return sections_; }
  const std::vector<elf_symbol>& symbols() const { return symbols_; }

  // Returns the first section of the name, or null.
  const elf_section* find(std::string_view name) const;

  // Returns the section that a symbol lies in, or null for an undefined or absolute symbol.
  const elf_section* section_of(const elf_symbol& symbol) const;

  // Returns the section's bytes as the file has them, without conversion to host byte order. They
  // lie in the bytes that the constructor got.
  std::span<const std::uint8_t> content(const elf_section& section) const;

  // Returns the relocations (SHT_REL) of a section. Throws `failure` when they are damaged.
  std::vector<elf_relocation> relocations(const elf_section& section) const;

  // Whether no other object may refer to a global symbol of a section.
  bool is_hidden(std::string_view name, const elf_section& section) const;

  // Returns the offset of a global symbol in a section.
  std::optional<std::uint64_t> offset_of(std::string_view name, const elf_section& section) const;

 private:
  struct closer {
    void operator()(Elf* elf) const { elf_end(elf); }
  };

  void read_sections();
  void read_symbols();

  std::unique_ptr<Elf, closer> elf_;
  std::endian byte_order_ = std::endian::native;
  std::vector<elf_section> sections_;
  std::vector<elf_symbol> symbols_;
  std::map<std::pair<std::size_t, std::string_view>, std::uint64_t> global_offsets_;
  std::set<std::pair<std::size_t, std::string_view>> hidden_;
};

}  // namespace ebpfkit::host
