// The sections at the beginning of an ELF file that is too large to keep in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "input/byte_stream.hpp"

namespace ebpfkit::host {

// Reads both word sizes and both byte orders. Takes the names and places of the sections from the
// end of the file, and their content from its beginning. Keeps nothing between them.
class large_elf {
 public:
  // `head` is the beginning of the file and must live as long as the object. `rest` has the bytes
  // after it. `name` is the file's name, for messages. Throws `failure` when the file is damaged,
  // and what reading `rest` throws.
  large_elf(std::span<const std::uint8_t> head, byte_stream& rest, std::string name);

  // EM_* of <elf.h>.
  std::uint16_t machine() const { return machine_; }

  // Returns the content of the first section called `section_name`, or nothing without such a
  // section. Throws `failure` when the content is not in `head`.
  std::optional<std::span<const std::uint8_t>> find(std::string_view section_name) const;

  bool has(std::string_view section_name) const { return index_of(section_name).has_value(); }

 private:
  struct section {
    std::uint32_t name = 0;  // offset in names_
    std::uint32_t type = 0;
    std::uint64_t flags = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint32_t link = 0;
  };

  template <class Header, class Section>
  void read_sections(byte_stream& rest);
  std::span<const std::uint8_t> read(byte_stream& rest, std::uint64_t offset, std::uint64_t size);
  std::optional<std::size_t> index_of(std::string_view section_name) const;
  [[noreturn]] void fail_damaged() const;

  std::string name_;
  std::span<const std::uint8_t> head_;
  std::vector<std::uint8_t> recent_;  // the bytes that were read last
  std::uint64_t recent_begin_ = 0;    // where they begin in the file
  bool is_swapped_ = false;           // the file's byte order is not the host's
  std::uint16_t machine_ = 0;
  std::vector<section> sections_;
  std::string names_;
};

}  // namespace ebpfkit::host
