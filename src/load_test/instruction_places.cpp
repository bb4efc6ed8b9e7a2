#include "load_test/instruction_places.hpp"

#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <tuple>
#include <utility>

#include "object/elf_object.hpp"
#include "relocation/btf_ext.hpp"
#include "relocation/source_lines.hpp"
#include "relocation/source_statements.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t instruction_bytes = 8;
// linux/bpf.h: BPF_LD | BPF_IMM | BPF_DW, which takes the place of two; BPF_JMP32 | BPF_JA;
// BPF_CALL; BPF_EXIT.
constexpr unsigned wide_load = 0x18;
constexpr unsigned long_jump = 0x06;
constexpr unsigned call_operation = 0x80;
constexpr unsigned exit_operation = 0x90;
constexpr unsigned call_instruction = 0x85;
constexpr std::size_t longest_shown_line = 160;
constexpr std::size_t most_lines_before = 10;
constexpr unsigned most_lines_of_definition = 20;

// "./bad.bpf.c" is "bad.bpf.c" for people.
std::string shown_file(std::string_view name) {
  while (name.starts_with("./"))
    name.remove_prefix(2);
  return std::string(name);
}

// The lines of the place's file. Empty: there is no such file, or it has changed.
std::vector<std::string> source_of(const source_place& place,
                                   const std::vector<fs::path>& directories) {
  if (place.line == 0)
    return {};
  auto lines = read_source_lines(place.file, directories);
  const bool has_place =
      place.line <= lines.size() && without_outer_blanks(lines[place.line - 1]) == place.text;
  return has_place ? std::move(lines) : std::vector<std::string>();
}

source_place place_in(const source_place& other, const std::vector<std::string>& lines,
                      std::size_t index) {
  return {other.file, static_cast<std::uint32_t>(index + 1),
          std::string(without_outer_blanks(lines[index]))};
}

// The instructions that jump backwards: those of the classes BPF_JMP and BPF_JMP32, but calls and
// exits.
std::vector<std::uint64_t> find_jumps_back(std::span<const std::uint8_t> code, std::endian order) {
  std::vector<std::uint64_t> found;
  for (std::size_t at = 0; at + instruction_bytes <= code.size(); at += instruction_bytes) {
    const auto instruction = code.subspan(at, instruction_bytes);
    const unsigned opcode = instruction[0];
    if (opcode == wide_load)
      at += instruction_bytes;
    const bool is_jump = (opcode & 7U) == 5 || (opcode & 7U) == 6;
    const auto operation = opcode & 0xf0U;
    if (!is_jump || operation == call_operation || operation == exit_operation)
      continue;
    // The byte with the sign of the distance: 16 bits, or 32 in a long jump.
    const bool is_long = opcode == long_jump;
    const std::size_t sign = order == std::endian::big ? (is_long ? 4 : 2) : (is_long ? 7 : 3);
    if ((instruction[sign] & 0x80U) != 0)
      found.push_back(at / instruction_bytes);
  }
  return found;
}

bool is_word_part(char character) {
  return character == '_' || (character >= '0' && character <= '9') ||
         (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

// Returns where `word` stands in the text as a whole identifier, behind `begin`; npos: nowhere.
std::size_t find_word_behind(std::string_view text, std::size_t begin, std::string_view word) {
  auto at = text.find(word, begin);
  for (; at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word_part(text[at - 1])) &&
        (end == text.size() || !is_word_part(text[end])))
      break;
  }
  return at;
}

// Whether the line declares the variable with `const`. Parameters and comments do not.
bool declares_constant(std::string_view line, std::string_view name) {
  constexpr std::string_view keyword = "const";
  line = without_outer_blanks(line);
  const auto begin = line.find(keyword);
  if (begin == std::string_view::npos || line.starts_with('/') || line.starts_with('*'))
    return false;
  const auto place = find_word_behind(line, begin + keyword.size(), name);
  return place != std::string_view::npos &&
         line.substr(0, place).find_first_of("(=") == std::string_view::npos;
}

}  // namespace

std::vector<instruction_places::reference> instruction_places::find_references(
    const elf_object& elf, const elf_section& section) {
  const auto code = elf.content(section);
  std::vector<reference> found;
  for (const auto& [offset, symbol] : elf.relocations(section)) {
    if (symbol.name.raw().empty() || offset >= code.size())
      continue;
    const bool is_undefined = symbol.entry.st_shndx == SHN_UNDEF;
    found.push_back({offset / instruction_bytes, std::string(symbol.name.raw()),
                     is_undefined && code[offset] == call_instruction,
                     GELF_ST_BIND(symbol.entry.st_info) == STB_WEAK});
  }
  std::ranges::stable_sort(found, {}, &reference::instruction);
  return found;
}

instruction_places::instruction_places(const fs::path& object) {
  const auto bytes = read_file(object);
  const elf_object elf(bytes);
  const auto* btf = elf.find(".BTF");
  const auto* ext = elf.find(".BTF.ext");
  if (btf == nullptr || ext == nullptr)
    return;
  const btf_text text(elf.content(*btf));
  for (const auto& part : parse_btf_ext(elf.content(*ext)).lines) {
    auto& records = sections_[std::string(text.at(part.section_name).raw())];
    for (const auto& line : part.records)
      records.push_back({line.instruction_offset / instruction_bytes,
                         {shown_file(text.at(line.file_name).raw()), line.line,
                          std::string(without_outer_blanks(text.at(line.text).raw()))}});
    std::ranges::stable_sort(records, {}, &record::instruction);
  }
  // clang leaves an empty .text, which has no content to read.
  for (const auto& section : elf.sections())
    if ((section.header.sh_flags & SHF_EXECINSTR) != 0 && section.header.sh_size != 0)
      references_.emplace(std::string(section.name.raw()), find_references(elf, section));
  for (const auto& symbol : elf.symbols()) {
    const auto* section = elf.section_of(symbol);
    if (GELF_ST_TYPE(symbol.entry.st_info) != STT_FUNC || section == nullptr)
      continue;
    const std::string name(section->name.raw());
    if (!jumps_back_.contains(name))
      jumps_back_.emplace(name, find_jumps_back(elf.content(*section), elf.byte_order()));
    functions_.emplace(std::string(symbol.name.raw()),
                       function_code{name, symbol.entry.st_value / instruction_bytes,
                                     symbol.entry.st_size / instruction_bytes});
  }
}

std::vector<const instruction_places::record*> instruction_places::records_of(
    std::string_view program) const {
  std::vector<const record*> found;
  const auto place = functions_.find(program);
  if (place == functions_.end())
    return found;
  const auto& [section, begin, size] = place->second;
  if (const auto records = sections_.find(section); records != sections_.end())
    for (const auto& each : records->second)
      if (each.instruction >= begin && each.instruction - begin < size && each.place.line != 0)
        found.push_back(&each);
  return found;
}

std::optional<source_place> instruction_places::find(std::string_view program, long instruction,
                                                     std::string_view text) const {
  const auto wanted = without_outer_blanks(text);
  const auto fits = [&](const source_place& place) {
    return place.line != 0 && (wanted.empty() || place.text == wanted);
  };
  const auto function = functions_.find(program);
  const source_place* nearest = nullptr;
  if (function != functions_.end() && instruction >= 0 &&
      static_cast<std::uint64_t>(instruction) < function->second.size)
    for (const auto* each : records_of(program))
      if (each->instruction - function->second.begin <= static_cast<std::uint64_t>(instruction) &&
          fits(each->place))
        nearest = &each->place;
  if (nearest != nullptr)
    return *nearest;
  if (wanted.empty())
    return std::nullopt;
  // In a function that the program calls. Two lines with the same text are no answer.
  for (const auto& [name, records] : sections_)
    for (const auto& each : records) {
      if (!fits(each.place))
        continue;
      if (nearest != nullptr &&
          (nearest->line != each.place.line || nearest->file != each.place.file))
        return std::nullopt;
      nearest = &each.place;
    }
  return nearest == nullptr ? std::nullopt : std::optional(*nearest);
}

std::vector<source_place> instruction_places::find_loops(std::string_view program) const {
  std::vector<source_place> found;
  const auto function = functions_.find(program);
  if (function == functions_.end())
    return found;
  const auto& [section, begin, size] = function->second;
  const auto jumps = jumps_back_.find(section);
  if (jumps == jumps_back_.end())
    return found;
  for (const auto jump : jumps->second) {
    if (jump < begin || jump - begin >= size)
      continue;
    const auto place = find(program, static_cast<long>(jump - begin), {});
    const auto is_same = [&](const source_place& other) {
      return other.line == place->line && other.file == place->file;
    };
    if (place && std::ranges::none_of(found, is_same))
      found.push_back(*place);
  }
  return found;
}

void instruction_places::add_kernel_calls(const function_code& function,
                                          std::vector<kernel_call>& found) const {
  const auto references = references_.find(function.section);
  if (references == references_.end())
    return;
  const auto records = sections_.find(function.section);
  for (const auto& each : references->second) {
    if (!each.is_kernel_call || each.instruction < function.begin ||
        each.instruction - function.begin >= function.size)
      continue;
    kernel_call call{each.symbol, each.is_weak, {}};
    if (records != sections_.end())
      for (const auto& line : records->second)
        if (line.instruction >= function.begin && line.instruction <= each.instruction &&
            line.place.line != 0)
          call.place = line.place;
    found.push_back(std::move(call));
  }
}

std::vector<instruction_places::kernel_call> instruction_places::find_kernel_calls(
    std::string_view program) const {
  std::vector<kernel_call> calls;
  for (const auto& [name, function] : functions_)
    if (program.empty() || name == program)
      add_kernel_calls(function, calls);
  std::ranges::stable_sort(calls, {}, [](const kernel_call& call) {
    return std::tie(call.place.file, call.place.line);
  });
  std::vector<kernel_call> found;
  for (auto& call : calls)
    if (std::ranges::find(found, call.function, &kernel_call::function) == found.end())
      found.push_back(std::move(call));
  return found;
}

std::string instruction_places::find_symbol(std::string_view program, long instruction) const {
  const auto function = functions_.find(program);
  if (function == functions_.end() || instruction < 0 ||
      static_cast<std::uint64_t>(instruction) >= function->second.size)
    return {};
  const auto references = references_.find(function->second.section);
  if (references != references_.end())
    for (const auto& each : references->second)
      if (each.instruction == function->second.begin + static_cast<std::uint64_t>(instruction))
        return each.symbol;
  return {};
}

std::optional<source_place> instruction_places::find_word(std::string_view program,
                                                          long instruction, std::string_view word,
                                                          source_statements& statements) const {
  const auto function = functions_.find(program);
  if (function == functions_.end() || word.empty())
    return std::nullopt;
  const auto distance = [&](const record& each) {
    const auto at = static_cast<long>(each.instruction - function->second.begin);
    return std::abs(at - std::max(instruction, 0L));
  };
  const record* nearest = nullptr;
  for (const auto* each : records_of(program))
    if (reads_word(statements.statement(each->place.file, each->place.line, each->place.text),
                   word) &&
        (nearest == nullptr || distance(*each) < distance(*nearest)))
      nearest = each;
  return nearest == nullptr ? std::nullopt : std::optional(nearest->place);
}

std::optional<source_place> line_before(const source_place& place,
                                        const std::vector<fs::path>& directories,
                                        std::string_view word) {
  const auto lines = source_of(place, directories);
  for (std::size_t before = 0; before <= most_lines_before; ++before)
    if (!lines.empty() && place.line > before &&
        lines[place.line - 1 - before].find(word) != std::string::npos)
      return place_in(place, lines, place.line - 1 - before);
  return std::nullopt;
}

std::optional<source_place> line_in_file(const source_place& place,
                                         const std::vector<fs::path>& directories,
                                         std::string_view word) {
  const auto lines = source_of(place, directories);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].find(word) != std::string::npos)
      return place_in(place, lines, i);
  return std::nullopt;
}

std::optional<source_place> constant_declaration(const source_place& place,
                                                 const std::vector<fs::path>& directories,
                                                 std::string_view name) {
  const auto lines = source_of(place, directories);
  for (std::size_t i = 0; i < lines.size() && !name.empty(); ++i)
    if (declares_constant(lines[i], name))
      return place_in(place, lines, i);
  return std::nullopt;
}

unsigned lines_of_definition(const source_place& place, const std::vector<fs::path>& directories) {
  const auto lines = source_of(place, directories);
  for (unsigned before = 0; before <= most_lines_of_definition; ++before)
    if (!lines.empty() && place.line > before &&
        without_outer_blanks(lines[place.line - 1 - before]).starts_with("struct"))
      return before;
  return 0;
}

std::string lines_around(const source_place& place, const std::vector<fs::path>& directories,
                         unsigned before, unsigned after) {
  const auto lines = source_of(place, directories);
  if (lines.empty())
    return {};
  const auto first = place.line > before ? place.line - before : 1;
  const auto last = std::min<std::size_t>(lines.size(), std::size_t{place.line} + after);
  const auto width = std::to_string(last).size();
  auto text = fmt::format("{}:{}\n", place.file, place.line);
  for (std::size_t number = first; number <= last; ++number) {
    text += fmt::format("{} {:>{}} | {}", number == place.line ? '>' : ' ', number, width,
                        lines[number - 1].substr(0, longest_shown_line));
    text.erase(text.find_last_not_of(" \r") + 1);
    text += '\n';
  }
  return text;
}

}  // namespace ebpfkit::host
