#include "input/elf_sections.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

[[noreturn]] void fail(const std::string& name, std::string_view problem) {
  throw failure(fmt::format("'{}': {}", name, problem), "The ELF file is damaged; get it again.");
}

// Calls `visitor` with the section, its header and its name, for each section but the empty first
// one, until it returns false. The name is null when it cannot be read. `file` is for messages.
template <class Visitor>
void visit_sections(Elf* elf, const std::string& file, Visitor visitor) {
  std::size_t names_index = 0;
  if (elf_getshdrstrndx(elf, &names_index) != 0)
    fail(file, "the ELF file's section names cannot be read");
  for (auto* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr)
      fail(file, "an ELF section header cannot be read");
    if (!visitor(section, header, elf_strptr(elf, names_index, header.sh_name)))
      return;
  }
}

}  // namespace

bool is_elf(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= SELFMAG && std::memcmp(bytes.data(), ELFMAG, SELFMAG) == 0;
}

bool is_bpf_object(std::span<const std::uint8_t> bytes) {
  // e_machine is at the same place in ELF files of both word sizes.
  if (bytes.size() < bpf_object_header_size || !is_elf(bytes))
    return false;
  const bool is_big = bytes[EI_DATA] == ELFDATA2MSB;
  const auto high = bytes[offsetof(Elf64_Ehdr, e_machine) + (is_big ? 0 : 1)];
  const auto low = bytes[offsetof(Elf64_Ehdr, e_machine) + (is_big ? 1 : 0)];
  return high * 256 + low == EM_BPF;
}

void elf_sections::closer::operator()(Elf* elf) const {
  elf_end(elf);
}

elf_sections::elf_sections(std::span<const std::uint8_t> bytes, std::string name)
    : name_(std::move(name)), file_size_(bytes.size()) {
  elf_version(EV_CURRENT);
  // elf_memory() takes a char*, but libelf does not write to the image.
  auto* image = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  elf_.reset(elf_memory(image, bytes.size()));
  GElf_Ehdr header;
  if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || gelf_getehdr(elf_.get(), &header) == nullptr)
    fail(name_, fmt::format("not a sound ELF file ({})", elf_errmsg(-1)));
  machine_ = header.e_machine;
}

std::size_t elf_sections::index_of(std::string_view section_name) const {
  std::size_t index = 0;
  visit_sections(elf_.get(), name_, [&](Elf_Scn* section, const GElf_Shdr&, const char* name) {
    if (name == nullptr || section_name != name)
      return true;
    index = elf_ndxscn(section);
    return false;
  });
  return index;
}

std::vector<elf_section_header> elf_sections::all() const {
  std::vector<elf_section_header> sections;
  visit_sections(elf_.get(), name_, [&](Elf_Scn*, const GElf_Shdr& header, const char* name) {
    if (name == nullptr)
      fail(name_, "the name of an ELF section cannot be read");
    if (header.sh_type != SHT_NOBITS && header.sh_type != SHT_NULL &&
        (header.sh_offset > file_size_ || header.sh_size > file_size_ - header.sh_offset))
      fail(name_, fmt::format("the {} section goes beyond the end of the file", printable(name)));
    sections.push_back({name, header.sh_type, header.sh_flags, header.sh_addr, header.sh_size});
    return true;
  });
  return sections;
}

bool elf_sections::has(std::string_view section_name) const {
  return index_of(section_name) != 0;
}

std::optional<std::span<const std::uint8_t>> elf_sections::find(
    std::string_view section_name) const {
  const auto index = index_of(section_name);
  if (index == 0)
    return std::nullopt;
  auto* section = elf_getscn(elf_.get(), index);
  GElf_Shdr header;
  if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS)
    fail(name_, fmt::format("the {} section has no content", section_name));
  if ((header.sh_flags & SHF_COMPRESSED) != 0)
    fail(name_, fmt::format("the {} section is compressed", section_name));
  const auto* data = elf_rawdata(section, nullptr);
  if (data == nullptr || (data->d_buf == nullptr && header.sh_size != 0))
    fail(name_, fmt::format("the {} section goes beyond the end of the file", section_name));
  return std::span(static_cast<const std::uint8_t*>(data->d_buf), data->d_size);
}

}  // namespace ebpfkit::host
