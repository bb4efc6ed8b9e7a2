#include "object/embedded_objects.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

#include "input/elf_sections.hpp"
#include "support/embedded_note.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using byte_view = std::span<const std::uint8_t>;

constexpr std::size_t head_size = 12;     // of a note: three words
constexpr std::size_t content_size = 12;  // of ours, in front of the name

std::size_t padded(std::size_t size) {
  return (size + 3) / 4 * 4;
}

class note_reader {
 public:
  note_reader(byte_view file, const std::string& shown)
      : shown_(shown),
        sections_(file, shown),
        order_(file[EI_DATA] == ELFDATA2MSB ? std::endian::big : std::endian::little) {}

  std::vector<embedded_file> read() {
    const auto found = sections_.find(embedded_note_section);
    if (!found)
      throw failure(fmt::format("'{}' carries no BPF object of EbpfKit", shown_),
                    "Name an application that links a skeleton of ebpf_add_skeleton.");
    // All sections are there, so this one is.
    for (const auto& section : sections_.all())
      if (section.name == embedded_note_section) {
        address_ = section.address;
        break;
      }
    if (address_ == 0)
      throw failure(fmt::format("'{}' is not linked yet, so its notes lead nowhere", shown_),
                    "Name the program or the shared library.");
    notes_ = *found;
    std::vector<embedded_file> files;
    for (std::size_t at = 0; at < notes_.size();) {
      const auto owner_size = word(at);
      const auto size = word(at + 4);
      const auto owner_at = at + head_size;
      const auto content_at = owner_at + padded(owner_size);
      if (owner_size > notes_.size() || size > notes_.size() ||
          content_at + padded(size) > notes_.size())
        damaged("a note ends behind its section");
      if (as_text(notes_.subspan(owner_at, owner_size)) ==
              std::string_view(embedded_note_owner.data(), embedded_note_owner.size() + 1) &&
          word(at + 8) == embedded_note_type)
        files.push_back(read_content(content_at, size));
      at = content_at + padded(size);
    }
    return files;
  }

 private:
  [[noreturn]] void damaged(std::string_view what) const {
    throw failure(
        fmt::format("'{}' is damaged: section {}: {}", shown_, embedded_note_section, what),
        "Link it again.");
  }

  std::uint32_t word(std::size_t at) const {
    if (at + 4 > notes_.size())
      damaged("a note ends behind its section");
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value |= std::uint32_t{notes_[at + i]} << (order_ == std::endian::big ? 24 - 8 * i : 8 * i);
    return value;
  }

  embedded_file read_content(std::size_t at, std::size_t size) const {
    if (size <= content_size)
      damaged("a note is too short");
    const auto distance = std::bit_cast<std::int32_t>(word(at));
    const auto address = address_ + at + static_cast<std::uint64_t>(std::int64_t{distance});
    const auto name = as_text(notes_.subspan(at + content_size, size - content_size));
    const auto kind = word(at + 8);
    if (kind != static_cast<std::uint32_t>(embedded_kind::bpf_object) &&
        kind != static_cast<std::uint32_t>(embedded_kind::kernel_btf))
      damaged(fmt::format("kind {} is not known", kind));
    const auto bytes = bytes_at(address, word(at + 4));
    return {static_cast<embedded_kind>(kind),
            std::string(name.substr(0, name.find('\0'))),
            {bytes.begin(), bytes.end()}};
  }

  byte_view bytes_at(std::uint64_t address, std::uint32_t size) const {
    for (const auto& section : sections_.all()) {
      if ((section.flags & SHF_ALLOC) == 0 || section.type == SHT_NOBITS ||
          address < section.address || address - section.address > section.size ||
          size > section.size - (address - section.address))
        continue;
      const auto content = sections_.find(section.name);
      if (content && content->size() == section.size)
        return content->subspan(address - section.address, size);
    }
    damaged(fmt::format("{} bytes at address {:#x} are in no section", size, address));
  }

  const std::string& shown_;
  elf_sections sections_;
  std::endian order_;
  std::uint64_t address_ = 0;
  byte_view notes_;
};

}  // namespace

bool has_embedded_files(const std::filesystem::path& file) {
  try {
    const auto bytes = read_file(file);
    return is_elf(bytes) && elf_sections(bytes, file.string()).has(embedded_note_section);
  } catch (const std::exception&) {
    return false;
  }
}

std::vector<embedded_file> find_embedded_files(byte_view elf, const std::string& shown) {
  if (!is_elf(elf))
    throw failure(fmt::format("'{}' is no ELF file", shown),
                  "Name an application that links a skeleton of ebpf_add_skeleton.");
  return note_reader(elf, shown).read();
}

}  // namespace ebpfkit::host
