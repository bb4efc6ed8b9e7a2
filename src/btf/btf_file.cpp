#include "btf/btf_file.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {

namespace {

struct elf_closer {
  void operator()(Elf* elf) const { elf_end(elf); }
};

constexpr const char* how_to_get_btf =
    "Name /sys/kernel/btf/vmlinux, a vmlinux or BPF object with debug information (clang -g), or "
    "a file of raw BTF.";

bool is_raw_btf(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 &&
         ((bytes[0] == 0x9f && bytes[1] == 0xeb) || (bytes[0] == 0xeb && bytes[1] == 0x9f));
}

bool is_elf(const std::vector<std::uint8_t>& bytes) {
  return bytes.size() >= SELFMAG && std::memcmp(bytes.data(), ELFMAG, SELFMAG) == 0;
}

[[noreturn]] void fail_elf(const std::filesystem::path& path, std::string_view problem) {
  throw failure(fmt::format("'{}': {}", path.string(), problem), how_to_get_btf);
}

// The one section called `name`, if there is one.
Elf_Scn* find_section(Elf* elf, std::string_view name, const std::filesystem::path& path) {
  std::size_t names_index = 0;
  if (elf_getshdrstrndx(elf, &names_index) != 0)
    fail_elf(path, "the ELF file's section names cannot be read");
  for (auto* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr)
      fail_elf(path, "an ELF section header cannot be read");
    const char* section_name = elf_strptr(elf, names_index, header.sh_name);
    if (section_name != nullptr && name == section_name)
      return section;
  }
  return nullptr;
}

std::vector<std::uint8_t> section_bytes(Elf_Scn* section, const std::filesystem::path& path) {
  GElf_Shdr header;
  if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS)
    fail_elf(path, "the .BTF section has no content");
  if ((header.sh_flags & SHF_COMPRESSED) != 0)
    fail_elf(path, "the .BTF section is compressed");
  const auto* data = elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr)
    fail_elf(path, "the .BTF section is empty or goes beyond the end of the file");
  const auto* begin = static_cast<const std::uint8_t*>(data->d_buf);
  return {begin, begin + data->d_size};
}

std::vector<std::uint8_t> read_elf_section(std::vector<std::uint8_t>& file,
                                           const std::filesystem::path& path) {
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, elf_closer> elf(
      elf_memory(reinterpret_cast<char*>(file.data()), file.size()));
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF)
    fail_elf(path, fmt::format("not a sound ELF file ({})", elf_errmsg(-1)));
  if (find_section(elf.get(), ".BTF.base", path) != nullptr)
    throw failure(
        fmt::format("'{}': the module's BTF is made for relocation (it has a .BTF.base section)",
                    path.string()),
        "Read it as /sys/kernel/btf/MODULE of a kernel that has the module loaded.");
  auto* section = find_section(elf.get(), ".BTF", path);
  if (section == nullptr)
    fail_elf(path, "the ELF file has no .BTF section");
  return section_bytes(section, path);
}

// Runs `parse`, whose failures do not tell the file.
template <class Parse>
std::shared_ptr<const type_graph> naming_file(const std::filesystem::path& path, Parse parse) {
  try {
    return parse();
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", path.string(), error.what()), error.remedy());
  }
}

}  // namespace

std::vector<std::uint8_t> read_btf(const std::filesystem::path& path) {
  auto file = read_file(path);
  if (is_raw_btf(file))
    return file;
  if (is_elf(file))
    return read_elf_section(file, path);
  fail_elf(path, "not BTF and not an ELF file with a .BTF section");
}

std::shared_ptr<const type_graph> parse_btf(const std::filesystem::path& path,
                                            std::vector<std::uint8_t>&& bytes,
                                            std::shared_ptr<const type_graph> base,
                                            type_checks when) {
  return naming_file(path, [&] {
    return std::make_shared<const type_graph>(std::move(bytes), std::move(base), when);
  });
}

std::shared_ptr<const type_graph> parse_btf(const std::filesystem::path& path,
                                            const std::vector<std::uint8_t>& bytes,
                                            std::shared_ptr<const type_graph> base) {
  return parse_btf(path, std::vector<std::uint8_t>(bytes), std::move(base));
}

std::shared_ptr<const type_graph> open_btf(const std::filesystem::path& path, type_checks when) {
  const auto mapped = map_kernel_file(path);
  if (!mapped || !is_raw_btf(mapped->bytes))
    return parse_btf(path, read_btf(path), nullptr, when);
  return naming_file(path, [&] {
    return std::make_shared<const type_graph>(mapped->bytes, mapped->owner, nullptr, when);
  });
}

}  // namespace ebpfkit::host
