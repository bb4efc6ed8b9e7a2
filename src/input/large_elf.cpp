#include "input/large_elf.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::uint64_t step_size = std::uint64_t{1} << 20;
// Section headers are at the end of a file, after the section with their names.
constexpr std::uint64_t most_recent = 2 * step_size;
constexpr std::uint64_t longest_table = std::uint64_t{8} << 20;

template <class Number>
Number in_host_order(Number value, bool is_swapped) {
  static_assert(std::is_unsigned_v<Number>);
  if (!is_swapped)
    return value;
  if constexpr (sizeof value == 2)
    return __builtin_bswap16(value);
  else if constexpr (sizeof value == 4)
    return __builtin_bswap32(value);
  else
    return __builtin_bswap64(value);
}

template <class Structure>
Structure load(std::span<const std::uint8_t> bytes) {
  Structure value;
  std::memcpy(&value, bytes.first(sizeof value).data(), sizeof value);
  return value;
}

}  // namespace

large_elf::large_elf(std::span<const std::uint8_t> head, byte_stream& rest, std::string name)
    : name_(std::move(name)), head_(head) {
  if (head_.size() < sizeof(Elf64_Ehdr))
    fail_damaged();
  const auto kept = head_.last(std::min<std::uint64_t>(head_.size(), step_size));
  recent_.assign(kept.begin(), kept.end());
  recent_begin_ = head_.size() - recent_.size();
  const bool is_big = head_[EI_DATA] == ELFDATA2MSB;
  is_swapped_ = is_big != (std::endian::native == std::endian::big);
  if (head_[EI_CLASS] == ELFCLASS64)
    read_sections<Elf64_Ehdr, Elf64_Shdr>(rest);
  else if (head_[EI_CLASS] == ELFCLASS32)
    read_sections<Elf32_Ehdr, Elf32_Shdr>(rest);
  else
    fail_damaged();
  recent_ = std::vector<std::uint8_t>();
}

void large_elf::fail_damaged() const {
  throw failure(fmt::format("'{}': not a sound ELF file", name_),
                "The ELF file is damaged; get it again.");
}

// Returns bytes of the file. They are valid until the next call.
std::span<const std::uint8_t> large_elf::read(byte_stream& rest, std::uint64_t offset,
                                              std::uint64_t size) {
  if (size > longest_table || offset > offset + size)
    fail_damaged();
  if (offset + size <= head_.size())
    return head_.subspan(offset, size);
  if (offset < recent_begin_)
    throw failure(
        fmt::format("'{}': the names of the ELF file's sections are far from its end", name_),
        "Unpack it, and name the kernel within.");
  while (recent_begin_ + recent_.size() < offset + size) {
    const auto end = recent_begin_ + recent_.size();
    if (end <= offset && recent_.size() >= most_recent) {
      recent_.erase(recent_.begin(), recent_.end() - static_cast<std::ptrdiff_t>(step_size));
      recent_begin_ = end - step_size;
    }
    const auto used = recent_.size();
    recent_.resize(used + step_size);
    recent_.resize(used + rest.read(std::span(recent_).subspan(used)));
    if (recent_.size() == used)
      throw failure(fmt::format("'{}': the ELF file is truncated", name_),
                    "Get the file again, and compare its size with the original's.");
  }
  return std::span<const std::uint8_t>(recent_).subspan(offset - recent_begin_, size);
}

template <class Header, class Section>
void large_elf::read_sections(byte_stream& rest) {
  const auto number = [this](auto value) { return in_host_order(value, is_swapped_); };
  const auto header = load<Header>(head_);
  machine_ = number(header.e_machine);
  const std::uint64_t table = number(header.e_shoff);
  if (table == 0 || number(header.e_shentsize) != sizeof(Section))
    fail_damaged();
  const auto section_at = [&](std::span<const std::uint8_t> bytes) {
    const auto raw = load<Section>(bytes);
    return section{number(raw.sh_name),   number(raw.sh_type), number(raw.sh_flags),
                   number(raw.sh_offset), number(raw.sh_size), number(raw.sh_link)};
  };
  // The first section header has the numbers that do not fit into the ELF header (elf(5)).
  const auto first = section_at(read(rest, table, sizeof(Section)));
  const auto in_header = number(header.e_shnum);
  const std::uint64_t count = in_header != 0 ? in_header : first.size;
  if (count > longest_table / sizeof(Section))
    fail_damaged();
  const auto all = read(rest, table, count * sizeof(Section));
  for (std::uint64_t i = 0; i < count; ++i)
    sections_.push_back(section_at(all.subspan(i * sizeof(Section))));
  const auto names_in_header = number(header.e_shstrndx);
  const std::uint64_t names = names_in_header != SHN_XINDEX ? names_in_header : first.link;
  if (names >= count)
    fail_damaged();
  names_ = as_text(read(rest, sections_[names].offset, sections_[names].size));
}

std::optional<std::size_t> large_elf::index_of(std::string_view section_name) const {
  const std::string_view names = names_;
  for (std::size_t i = 1; i < sections_.size(); ++i) {
    if (sections_[i].name >= names.size())
      continue;
    const auto rest = names.substr(sections_[i].name);
    if (rest.starts_with(section_name) && rest.substr(section_name.size()).starts_with('\0'))
      return i;
  }
  return std::nullopt;
}

std::optional<std::span<const std::uint8_t>> large_elf::find(std::string_view section_name) const {
  const auto index = index_of(section_name);
  if (!index)
    return std::nullopt;
  const auto& [name, type, flags, offset, size, link] = sections_[*index];
  if (type == SHT_NOBITS || (flags & SHF_COMPRESSED) != 0)
    throw failure(fmt::format("'{}': the {} section {}", name_, section_name,
                              type == SHT_NOBITS ? "has no content" : "is compressed"),
                  "The ELF file is damaged; get it again.");
  if (offset > head_.size() || size > head_.size() - offset)
    throw failure(fmt::format("'{}': the {} section is not in the first {} MiB of the ELF file",
                              name_, section_name, head_.size() >> 20),
                  "Unpack it, and name the ELF file within.");
  return head_.subspan(offset, size);
}

}  // namespace ebpfkit::host
