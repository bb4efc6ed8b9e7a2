#include "relocation/program_object.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relocation/access_spec.hpp"
#include "relocation/btf_ext.hpp"
#include "relocation/byte_reader.hpp"
#include "support/byte_order.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::uint32_t instruction_bytes = 8;

// Longer texts are no names and no lines of programs. Reports show this much of a line.
constexpr std::size_t longest_text = 512;

struct function_symbol {
  std::uint64_t begin = 0;  // offset in the section
  std::uint64_t size = 0;
  untrusted_text name;
};

struct elf_section {
  std::size_t index = 0;
  std::span<const std::uint8_t> bytes;
  std::vector<function_symbol> functions;  // by begin
};

// The named sections of a BPF object in ELF. `elf` must outlive it.
class object_sections {
 public:
  explicit object_sections(Elf* elf);

  std::endian byte_order() const { return byte_order_; }
  const elf_section* find(untrusted_text name) const;

 private:
  void read_sections();
  void read_functions(Elf_Scn* table, const GElf_Shdr& header);

  Elf* elf_;
  std::endian byte_order_ = std::endian::little;
  std::map<untrusted_text, elf_section> sections_;
};

[[noreturn]] void fail_elf(std::string_view problem) {
  throw failure(std::string(problem), "Name an object that clang made with --target=bpf and -g.");
}

// Returns the string. Returns an empty text when there is none, or when it is too long for a name.
untrusted_text text_of(Elf* elf, std::size_t section, std::size_t offset) {
  const char* text = elf_strptr(elf, section, offset);
  if (text == nullptr)
    return {};
  const auto length = strnlen(text, longest_text + 1);
  return untrusted_text(std::string_view(text, length <= longest_text ? length : 0));
}

object_sections::object_sections(Elf* elf) : elf_(elf) {
  GElf_Ehdr header;
  if (elf_ == nullptr || elf_kind(elf_) != ELF_K_ELF || gelf_getehdr(elf_, &header) == nullptr)
    fail_elf("not an ELF object");
  if (header.e_type != ET_REL || (header.e_machine != EM_BPF && header.e_machine != EM_NONE))
    fail_elf("not a BPF object");
  byte_order_ = header.e_ident[EI_DATA] == ELFDATA2MSB ? std::endian::big : std::endian::little;
  read_sections();
}

void object_sections::read_sections() {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_, &names) != 0)
    fail_elf("the ELF section names cannot be read");
  Elf_Scn* symbols = nullptr;
  GElf_Shdr header;
  for (auto* section = elf_nextscn(elf_, nullptr); section != nullptr;
       section = elf_nextscn(elf_, section)) {
    if (gelf_getshdr(section, &header) == nullptr)
      fail_elf("an ELF section header cannot be read");
    if (header.sh_type == SHT_SYMTAB)
      symbols = section;
    const auto name = text_of(elf_, names, header.sh_name);
    if (name.empty() || header.sh_type != SHT_PROGBITS)
      continue;
    if ((header.sh_flags & SHF_COMPRESSED) != 0)
      fail_elf(fmt::format("the ELF section '{}' is compressed", name.shown()));
    const auto* data = elf_rawdata(section, nullptr);
    if (data == nullptr)
      fail_elf("an ELF section goes beyond the end of the file");
    // Of sections with the same name, keep the first.
    elf_section entry{elf_ndxscn(section), {}, {}};
    if (data->d_buf != nullptr)
      entry.bytes = {static_cast<const std::uint8_t*>(data->d_buf), data->d_size};
    sections_.try_emplace(name, std::move(entry));
  }
  if (symbols != nullptr && gelf_getshdr(symbols, &header) != nullptr)
    read_functions(symbols, header);
}

void object_sections::read_functions(Elf_Scn* table, const GElf_Shdr& header) {
  std::map<std::size_t, elf_section*> by_index;
  for (auto& [name, section] : sections_)
    by_index.emplace(section.index, &section);

  auto* data = elf_getdata(table, nullptr);
  if (data == nullptr || header.sh_entsize == 0)
    fail_elf("the ELF symbols cannot be read");
  const auto count = data->d_size / header.sh_entsize;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr)
      break;
    const auto section = by_index.find(symbol.st_shndx);
    if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || section == by_index.end())
      continue;
    const auto name = text_of(elf_, header.sh_link, symbol.st_name);
    section->second->functions.push_back({symbol.st_value, symbol.st_size, name});
  }
  for (auto& [name, section] : sections_)
    std::ranges::stable_sort(section.functions, {}, &function_symbol::begin);
}

const elf_section* object_sections::find(untrusted_text name) const {
  const auto found = sections_.find(name);
  return found == sections_.end() ? nullptr : &found->second;
}

const function_symbol* function_around(const elf_section& section, std::uint32_t offset) {
  auto after = std::ranges::upper_bound(section.functions, offset, {}, &function_symbol::begin);
  if (after == section.functions.begin())
    return nullptr;
  const auto& function = *std::prev(after);
  return offset - function.begin < function.size ? &function : nullptr;
}

// The function around the offset; without a symbol, the whole section.
function_extent extent_of(const elf_section& section, std::uint32_t offset) {
  const auto* function = function_around(section, offset);
  if (function == nullptr)
    return {0, section.bytes.size()};
  return {function->begin, function->begin + function->size};
}

relocated_code code_at(std::span<const std::uint8_t> section, std::size_t offset,
                       std::endian order) {
  relocated_code code{decode_instruction(section, offset, order), std::nullopt};
  const auto next = offset + instruction_bytes;
  if (section.size() >= next + instruction_bytes)
    code.second = decode_instruction(section, next, order);
  return code;
}

// Returns the line records of each ELF section.
std::map<untrusted_text, source_lines> lines_by_section(const btf_ext& ext, const btf_text& text,
                                                        const std::filesystem::path& object) {
  std::map<untrusted_text, std::vector<line_record>> records;
  for (const auto& part : ext.lines) {
    auto& lines = records[text.at(part.section_name)];
    lines.insert(lines.end(), part.records.begin(), part.records.end());
  }
  const auto statements = std::make_shared<source_statements>(source_directories_of(object));
  std::map<untrusted_text, source_lines> sections;
  for (auto& [name, lines] : records)
    sections.try_emplace(name, std::move(lines), text, statements);
  return sections;
}

// What the relocation reads, as the source calls it: the last member, the enumerator or the type.
// Empty when the relocation is damaged; who resolves it says so.
std::string_view name_read_by(const type_graph& types, const core_relocation& relocation) {
  try {
    const auto spec =
        parse_access(types, relocation.kind, relocation.type, relocation.access.raw());
    for (auto step = spec.accessors.rbegin(); step != spec.accessors.rend(); ++step)
      if (!step->name.empty())
        return step->name;
    return types.name(relocation.type);
  } catch (const failure&) {
    return {};
  }
}

core_relocation locate(const relocation_record& record, untrusted_text section_name,
                       const elf_section& section, std::endian order) {
  if (record.instruction_offset % instruction_bytes != 0)
    throw failure(fmt::format("a relocation of section '{}' is at {}, within an instruction",
                              section_name.shown(), record.instruction_offset),
                  "The object is damaged; compile it again.");
  core_relocation relocation;
  relocation.section = section_name;
  relocation.instruction = record.instruction_offset / instruction_bytes;
  relocation.program_instruction = relocation.instruction;
  relocation.kind = record.kind;
  relocation.type = record.type;
  if (const auto* function = function_around(section, record.instruction_offset)) {
    relocation.program = function->name;
    relocation.program_instruction = static_cast<std::uint32_t>(
        (record.instruction_offset - function->begin) / instruction_bytes);
  }
  relocation.code = code_at(section.bytes, record.instruction_offset, order);
  return relocation;
}

}  // namespace

void program_object::elf_closer::operator()(Elf* elf) const {
  elf_end(elf);
}

program_object::program_object(const std::filesystem::path& path)
    : program_object(path, read_file(path)) {}

program_object::program_object(std::filesystem::path path, std::vector<std::uint8_t> file)
    : path_(std::move(path)), file_(std::move(file)) {
  elf_version(EV_CURRENT);
  elf_.reset(elf_memory(reinterpret_cast<char*>(file_.data()), file_.size()));
  try {
    parse();
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", path_.string(), error.what()), error.remedy());
  }
}

void program_object::parse() {
  const object_sections sections(elf_.get());
  const auto* btf = sections.find(untrusted_text(".BTF"));
  if (btf == nullptr)
    throw failure("the object has no BTF", "Compile it with -g: BTF comes from debug information.");
  types_ = std::make_shared<const type_graph>(btf->bytes);
  if (types_->byte_order() != sections.byte_order())
    throw failure(
        fmt::format("the object is {}-endian, and its BTF is {}-endian",
                    byte_order_name(sections.byte_order()), byte_order_name(types_->byte_order())),
        "The object is damaged; compile it again.");
  const auto* ext_section = sections.find(untrusted_text(".BTF.ext"));
  if (ext_section == nullptr)
    return;

  const auto ext = parse_btf_ext(ext_section->bytes);
  const btf_text text(btf->bytes);
  auto lines = lines_by_section(ext, text, path_);
  for (const auto& part : ext.relocations) {
    const auto name = text.at(part.section_name);
    const auto* section = sections.find(name);
    if (section == nullptr)
      throw failure(
          fmt::format(".BTF.ext relocates section '{}', which does not exist", name.shown()),
          "The object is damaged; compile it again.");
    for (const auto& record : part.records) {
      auto relocation = locate(record, name, *section, sections.byte_order());
      relocation.access = text.at(record.access);
      if (const auto found = lines.find(name); found != lines.end())
        relocation.position = found->second.find(record.instruction_offset,
                                                 extent_of(*section, record.instruction_offset),
                                                 name_read_by(*types_, relocation));
      relocations_.push_back(relocation);
    }
  }
}

void check_byte_order(std::span<const program_object> objects, std::endian order,
                      const std::filesystem::path& kernel) {
  for (const auto& object : objects) {
    const auto found = object.types().byte_order();
    if (found != order)
      throw failure(
          fmt::format("'{}': the kernel is {}-endian, and '{}' is {}-endian", kernel.string(),
                      byte_order_name(order), object.path().string(), byte_order_name(found)),
          "Leave this kernel out, or build the program for it: ENDIAN.");
  }
}

}  // namespace ebpfkit::host
