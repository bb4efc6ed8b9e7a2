#include "size/link_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/text.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::string_view whitespace = " \t\r";

// Removes the first line from `text` and returns it without its line break.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// Removes the first word from `line` and returns it. Returns an empty word at the end.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(whitespace), line.size()));
  const auto word = line.substr(0, line.find_first_of(whitespace));
  line.remove_prefix(word.size());
  return word;
}

std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(whitespace), line.size()));
  return line.substr(0, line.find_last_not_of(whitespace) + 1);
}

std::optional<std::uint64_t> number(std::string_view word, int base) {
  std::uint64_t value = 0;
  const auto* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value, base);
  if (word.empty() || error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

// GNU ld writes 0x in front of every number.
std::optional<std::uint64_t> gnu_number(std::string_view word) {
  if (!word.starts_with("0x"))
    return std::nullopt;
  return number(word.substr(2), 16);
}

[[noreturn]] void fail_truncated(const std::string& name) {
  throw failure(fmt::format("'{}': the end of the linker's map is missing", name),
                "Link the program again with -Wl,-Map=FILE.");
}

// ld.lld writes a table (lld/ELF/MapFile.cpp). An output section begins in its fifth column, an
// input section 8 characters further right, a symbol 16.
link_map parse_lld_map(std::string_view text, const std::string& name) {
  constexpr std::size_t input_indentation = 8;
  link_map map{"ld.lld", {}};
  bool has_end = false;
  while (!text.empty()) {
    const auto whole = take_line(text);
    auto line = whole;
    const auto address = number(take_word(line), 16);
    const auto load_address = number(take_word(line), 16);
    const auto size = number(take_word(line), 16);
    const auto alignment = number(take_word(line), 10);
    if (!address || !load_address || !size || !alignment || line.empty())
      throw failure(fmt::format("'{}': this line of the linker's map is damaged: {}", name,
                                printable(trimmed(whole))),
                    "Link the program again with -Wl,-Map=FILE.");
    line.remove_prefix(1);
    const auto indentation = std::min(line.find_first_not_of(' '), line.size());
    const auto what = line.substr(indentation);
    if (indentation == 0) {
      map.sections.push_back({untrusted_text(what), *address, *size, {}});
      // ld.lld puts the table of section names behind all that a program loads.
      has_end = has_end || what == ".shstrtab";
      continue;
    }
    // `file:(section)`. Other lines here are assignments of a linker script.
    const auto colon = what.rfind(":(");
    if (indentation != input_indentation || map.sections.empty() ||
        colon == std::string_view::npos || !what.ends_with(')'))
      continue;
    const auto section = what.substr(colon + 2, what.size() - colon - 3);
    map.sections.back().pieces.push_back(
        {*address, *size, untrusted_text(what.substr(0, colon)), untrusted_text(section)});
  }
  if (!has_end)
    fail_truncated(name);
  return map;
}

// GNU ld writes an output section at the beginning of a line, and an input section behind one space
// (ld/ldlang.c). The address and the size follow, in the next line if the name is long. What looks
// different is a pattern of the linker script, a symbol, an assignment or a heading. Headings are
// in the user's language.
link_map parse_gnu_map(std::string_view text, const std::string& name) {
  link_map map{"GNU ld", {}};
  std::string_view long_name;  // alone in the line before
  bool is_input = false;
  bool has_end = false;
  while (!text.empty()) {
    const auto whole = take_line(text);
    auto line = whole;
    has_end = has_end || whole.starts_with("OUTPUT(");
    const bool continues = !long_name.empty() && whole.starts_with("  ");
    auto section = continues ? std::exchange(long_name, {}) : take_word(line);
    if (!continues)
      is_input = whole.starts_with(' ');
    long_name = {};
    if (!continues && trimmed(line).empty()) {
      if (!whole.starts_with("  "))
        long_name = section;
      continue;
    }
    const auto address = gnu_number(take_word(line));
    const auto size = gnu_number(take_word(line));
    if (!address || !size || section.starts_with('*') || section.starts_with("0x"))
      continue;
    if (!is_input)
      map.sections.push_back({untrusted_text(section), *address, *size, {}});
    else if (!map.sections.empty() && !trimmed(line).empty())
      map.sections.back().pieces.push_back(
          {*address, *size, untrusted_text(trimmed(line)), untrusted_text(section)});
  }
  if (map.sections.empty())
    throw failure(fmt::format("'{}': this is no map of ld.lld or GNU ld", name),
                  "Link the program with -Wl,-Map=FILE, and name that file with --map.");
  if (!has_end)
    fail_truncated(name);
  return map;
}

}  // namespace

link_map parse_link_map(std::string_view text, const std::string& name) {
  if (!text.empty() && !text.ends_with('\n'))
    fail_truncated(name);
  auto rest = text;
  auto heading = take_line(rest);
  if (take_word(heading) == "VMA" && take_word(heading) == "LMA" && take_word(heading) == "Size")
    return parse_lld_map(rest, name);
  return parse_gnu_map(text, name);
}

}  // namespace ebpfkit::host
