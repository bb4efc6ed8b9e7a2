// The sections of an ELF file in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct Elf;

namespace ebpfkit::host {

bool is_elf(std::span<const std::uint8_t> bytes);

// Whether the bytes are an ELF file for BPF. Looks at no more than the first bytes.
inline constexpr std::size_t bpf_object_header_size = 20;
bool is_bpf_object(std::span<const std::uint8_t> bytes);

// What a section header says. The values are those of the file, in host byte order.
struct elf_section_header {
  std::string name;
  std::uint32_t type = 0;   // SHT_*
  std::uint64_t flags = 0;  // SHF_*
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

// Reads both word sizes and both byte orders. `bytes` must live as long as the object.
class elf_sections {
 public:
  // `name` is the file's name, for messages. Throws `failure` when `bytes` are not a sound ELF
  // file.
  elf_sections(std::span<const std::uint8_t> bytes, std::string name);

  // EM_* of <elf.h>.
  std::uint16_t machine() const { return machine_; }

  // Returns the content of the first section called `section_name`, or nothing without such a
  // section. Throws `failure` when the content is missing, compressed or beyond the file's end.
  std::optional<std::span<const std::uint8_t>> find(std::string_view section_name) const;

  bool has(std::string_view section_name) const;

  // Returns all sections but the empty first one, in the order of the file. Throws `failure` when a
  // name cannot be read, or when a section's content goes beyond the file's end.
  std::vector<elf_section_header> all() const;

 private:
  struct closer {
    void operator()(Elf* elf) const;
  };

  // Returns the index of the section, or 0 without such a section.
  std::size_t index_of(std::string_view section_name) const;

  std::string name_;
  std::size_t file_size_ = 0;
  std::unique_ptr<Elf, closer> elf_;
  std::uint16_t machine_ = 0;
};

}  // namespace ebpfkit::host
