#include "picture/program_code.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "object/elf_object.hpp"
#include "relocation/btf_ext.hpp"
#include "relocation/relocation_kind.hpp"
#include "relocation/report.hpp"
#include "relocation/source_lines.hpp"
#include "relocation/source_statements.hpp"
#include "support/failure.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::uint64_t bytes_each = 8;
constexpr const char* code_is_damaged = "The object is damaged; compile it again.";

// The line records of an object, by section. They refer to the object's bytes and to `text`.
struct object_lines {
  std::unique_ptr<const btf_text> text;
  std::map<std::string, source_lines, std::less<>> sections;
};

object_lines read_lines(const elf_object& elf, const std::filesystem::path& object) {
  object_lines all;
  const auto* btf = elf.find(".BTF");
  const auto* ext = elf.find(".BTF.ext");
  if (btf == nullptr || ext == nullptr)
    return all;
  all.text = std::make_unique<const btf_text>(elf.content(*btf));
  std::map<std::string, std::vector<line_record>, std::less<>> records;
  for (const auto& part : parse_btf_ext(elf.content(*ext)).lines) {
    auto& lines = records[std::string(all.text->at(part.section_name).raw())];
    lines.insert(lines.end(), part.records.begin(), part.records.end());
  }
  const auto statements = std::make_shared<source_statements>(source_directories_of(object));
  for (auto& [name, lines] : records)
    all.sections.try_emplace(name, std::move(lines), *all.text, statements);
  return all;
}

code_line line_of(const source_position& position) {
  return {position.file.shown(), position.line, position.text.shown()};
}

// What ELF relocations put into instructions, by offset in the section.
std::map<std::uint64_t, std::string> read_symbols(const elf_object& elf, const elf_section& section,
                                                  std::span<const std::uint8_t> bytes) {
  std::map<std::uint64_t, std::string> symbols;
  for (const auto& relocation : elf.relocations(section)) {
    const auto& symbol = relocation.symbol;
    if (!symbol.name.empty() && GELF_ST_TYPE(symbol.entry.st_info) != STT_SECTION) {
      symbols.emplace(relocation.offset, symbol.name.shown());
      continue;
    }
    // A call of a static function names its section. The immediate has the place in it.
    const auto* target = elf.section_of(symbol);
    if (target == nullptr || relocation.offset + bytes_each > bytes.size())
      continue;
    const auto code = decode_instruction(bytes, relocation.offset, elf.byte_order());
    auto name = target->name.shown();
    if (code.code == (BPF_JMP | BPF_CALL)) {
      const auto place = (std::int64_t{code.immediate} + 1) * static_cast<std::int64_t>(bytes_each);
      for (const auto& other : elf.symbols())
        if (GELF_ST_TYPE(other.entry.st_info) == STT_FUNC && elf.section_of(other) == target &&
            static_cast<std::int64_t>(other.entry.st_value) == place)
          name = other.name.shown();
    }
    symbols.emplace(relocation.offset, std::move(name));
  }
  return symbols;
}

class function_reader {
 public:
  function_reader(const program_object& object, const elf_object& elf, const elf_section& section,
                  source_lines* lines)
      : object_(object),
        elf_(elf),
        section_(section),
        lines_(lines),
        bytes_(elf.content(section)),
        symbols_(read_symbols(elf, section, bytes_)) {}

  code_function read(const elf_symbol& symbol) const;

 private:
  void add_accesses(code_function& function, std::uint64_t begin) const;

  const program_object& object_;
  const elf_object& elf_;
  const elf_section& section_;
  source_lines* lines_;
  std::span<const std::uint8_t> bytes_;
  std::map<std::uint64_t, std::string> symbols_;
};

code_function function_reader::read(const elf_symbol& symbol) const {
  const std::uint64_t begin = symbol.entry.st_value;
  const std::uint64_t size = symbol.entry.st_size;
  code_function function{symbol.name.shown(),
                         section_.name.shown(),
                         section_.name != ".text",
                         static_cast<std::uint32_t>(size / bytes_each),
                         {}};
  if (begin % bytes_each != 0 || size % bytes_each != 0 || begin > bytes_.size() ||
      size > bytes_.size() - begin)
    throw failure(fmt::format("the function '{}' is not within its section '{}'", function.name,
                              function.section),
                  code_is_damaged);
  for (auto at = begin; at < begin + size; at += bytes_each) {
    code_instruction entry;
    entry.code = decode_instruction(bytes_, at, elf_.byte_order());
    entry.index = static_cast<std::uint32_t>((at - begin) / bytes_each);
    if (const auto found = symbols_.find(at); found != symbols_.end())
      entry.symbol = found->second;
    if (lines_ != nullptr)
      entry.source =
          line_of(lines_->find(static_cast<std::uint32_t>(at), {begin, begin + size}, {}));
    if (entry.is_wide_load()) {
      at += bytes_each;
      if (at >= begin + size)
        throw failure(fmt::format("the function '{}' ends within the instruction {}", function.name,
                                  entry.index),
                      code_is_damaged);
      entry.upper = decode_instruction(bytes_, at, elf_.byte_order()).immediate;
    }
    function.instructions.push_back(std::move(entry));
  }
  add_accesses(function, begin);
  return function;
}

void function_reader::add_accesses(code_function& function, std::uint64_t begin) const {
  for (const auto& relocation : object_.relocations()) {
    const auto first = begin / bytes_each;
    if (relocation.section != section_.name || relocation.instruction < first)
      continue;
    const auto found = std::ranges::lower_bound(
        function.instructions, relocation.instruction - first, {}, &code_instruction::index);
    if (found == function.instructions.end() || found->index != relocation.instruction - first)
      continue;
    found->accesses.push_back(fmt::format("{} {}", relocation_kind_name(relocation.kind),
                                          printable(access_text(object_, relocation))));
    if (relocation.position.line != 0)
      found->source = line_of(relocation.position);
  }
}

}  // namespace

bool code_instruction::is_wide_load() const {
  return code.code == (BPF_LD | BPF_DW | BPF_IMM);
}

std::vector<code_function> read_functions(const program_object& object) {
  try {
    const elf_object elf(object.bytes());
    auto lines = read_lines(elf, object.path());
    std::vector<code_function> functions;
    for (const auto& section : elf.sections()) {
      if (section.header.sh_type != SHT_PROGBITS || (section.header.sh_flags & SHF_EXECINSTR) == 0)
        continue;
      std::vector<const elf_symbol*> symbols;
      for (const auto& symbol : elf.symbols())
        if (GELF_ST_TYPE(symbol.entry.st_info) == STT_FUNC && elf.section_of(symbol) == &section)
          symbols.push_back(&symbol);
      if (symbols.empty())
        continue;
      std::ranges::stable_sort(symbols, {},
                               [](const elf_symbol* symbol) { return symbol->entry.st_value; });
      const auto found = lines.sections.find(section.name.raw());
      const function_reader reader(object, elf, section,
                                   found == lines.sections.end() ? nullptr : &found->second);
      for (const auto* symbol : symbols)
        functions.push_back(reader.read(*symbol));
    }
    return functions;
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", object.path().string(), error.what()), error.remedy());
  }
}

}  // namespace ebpfkit::host
