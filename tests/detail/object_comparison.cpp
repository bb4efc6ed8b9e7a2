#include "object_comparison.hpp"

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <regex>
#include <vector>

#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host::test {

namespace {

// The instructions of an object, by section.
std::map<std::string, std::string> instructions_of(const std::filesystem::path& path) {
  auto file = read_file(path);
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, int (*)(Elf*)> elf(
      elf_memory(reinterpret_cast<char*>(file.data()), file.size()), elf_end);
  std::size_t names = 0;
  if (!elf || elf_getshdrstrndx(elf.get(), &names) != 0)
    throw failure(fmt::format("'{}': not an ELF file", path.string()));
  std::map<std::string, std::string> sections;
  for (auto* section = elf_nextscn(elf.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf.get(), section)) {
    GElf_Shdr header;
    const auto* data = elf_rawdata(section, nullptr);
    if (gelf_getshdr(section, &header) == nullptr || data == nullptr || data->d_size == 0 ||
        (header.sh_flags & SHF_EXECINSTR) == 0)
      continue;
    sections[elf_strptr(elf.get(), names, header.sh_name)] = {static_cast<const char*>(data->d_buf),
                                                              data->d_size};
  }
  return sections;
}

// Removes the ids that distinguish anonymous types ("anonymous struct [283]").
std::string without_ids(const std::string& text) {
  static const std::regex id(R"( \[\d+\])");
  return std::regex_replace(text, id, "");
}

struct object_content {
  std::map<std::string, std::string> instructions;  // by section
  std::vector<std::string> relocations;
};

object_content read_content(const std::filesystem::path& path) {
  object_content read{instructions_of(path), {}};
  const program_object object(path);
  for (const auto& relocation : object.relocations()) {
    read.relocations.push_back(
        fmt::format("{}+{} kind {} {} ({})", relocation.section.raw(), relocation.instruction,
                    relocation_kind_name(relocation.kind),
                    without_ids(access_text(object, relocation)), relocation.access.raw()));
    // Do not compare type ids. They number the object's own types in an order that means nothing,
    // and the loader relocates them.
    if (relocation.kind != relocation_kind::type_id_local &&
        relocation.kind != relocation_kind::type_id_target)
      continue;
    auto& bytes = read.instructions[std::string(relocation.section.raw())];
    constexpr std::size_t instruction_size = 8;
    constexpr std::size_t immediate_offset = 4;
    const auto at = std::size_t{relocation.instruction} * instruction_size + immediate_offset;
    if (at + 4 > bytes.size())
      throw failure(fmt::format("'{}': a relocation is outside its section", path.string()));
    bytes.replace(at, 4, 4, '\0');
  }
  return read;
}

}  // namespace

std::string difference_of(const std::filesystem::path& first, const std::filesystem::path& second) {
  const auto our_content = read_content(first);
  const auto their_content = read_content(second);
  const auto& ours = our_content.instructions;
  const auto& theirs = their_content.instructions;
  for (const auto& [section, instructions] : theirs) {
    const auto own = ours.find(section);
    if (own == ours.end())
      return fmt::format("only one has the section {}", section);
    if (own->second != instructions)
      return fmt::format("instructions of {} differ", section);
  }
  if (ours.size() != theirs.size())
    return "one has more sections";

  const auto& our_relocations = our_content.relocations;
  const auto& their_relocations = their_content.relocations;
  for (std::size_t i = 0; i < std::min(our_relocations.size(), their_relocations.size()); ++i) {
    if (our_relocations[i] != their_relocations[i])
      return fmt::format("relocations differ: {} / {}", our_relocations[i], their_relocations[i]);
  }
  return our_relocations.size() == their_relocations.size() ? "" : "one has more relocations";
}

}  // namespace ebpfkit::host::test
