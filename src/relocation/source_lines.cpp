#include "relocation/source_lines.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

namespace ebpfkit::host {

namespace {

// Reports show this much of a line. Longer texts are no lines of programs.
constexpr std::size_t longest_line = 512;

// How far find() looks, in records: in unrolled loops and inlined functions, clang moves these
// loads some statements ahead, or merges them with those of an earlier round.
constexpr std::size_t reach = 12;

bool is_identifier_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view without_leading_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text;
}

std::string_view without_trailing_blanks(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t") + 1);  // npos + 1 is 0
}

// Whether a name behind this text is declared there, as in "int pid" and "struct task *parent". The
// operators and brackets of C stand before what is read, and the words for types before a type.
bool is_declared_behind(std::string_view text) {
  if (text.ends_with('*')) {
    text = without_trailing_blanks(text.substr(0, text.find_last_not_of("* \t") + 1));
    return !text.empty() && is_identifier_character(text.back());
  }
  if (text.empty() || !is_identifier_character(text.back()))
    return false;
  const auto begin = std::find_if_not(text.rbegin(), text.rend(), is_identifier_character).base();
  const std::string_view word(&*begin, static_cast<std::size_t>(text.end() - begin));
  return word != "struct" && word != "union" && word != "enum" && word != "return" &&
         word != "case";
}

// Paths from CMake may begin with "./" several times.
std::string_view without_current_directory(std::string_view path) {
  while (path.starts_with("./"))
    path.remove_prefix(std::min(path.find_first_not_of('/', 1), path.size()));
  return path;
}

}  // namespace

bool reads_word(std::string_view text, std::string_view word) {
  if (word.empty())
    return false;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    const auto before = without_trailing_blanks(text.substr(0, at));
    if ((at == 0 || !is_identifier_character(text[at - 1])) &&
        (end == text.size() || !is_identifier_character(text[end])) && !is_declared_behind(before))
      return true;
  }
  return false;
}

source_lines::source_lines(std::vector<line_record> records, const btf_text& text,
                           std::shared_ptr<source_statements> statements)
    : records_(std::move(records)), text_(&text), statements_(std::move(statements)) {
  std::ranges::stable_sort(records_, {}, &line_record::instruction_offset);
}

std::string_view source_lines::line_of(std::size_t record) const {
  return without_leading_blanks(text_->at(records_[record].text).raw()).substr(0, longest_line);
}

bool source_lines::reads(std::size_t record, std::string_view word) const {
  const auto line = line_of(record);
  if (reads_word(line, word))
    return true;
  if (!statements_ || line.size() == longest_line)
    return false;
  const auto& each = records_[record];
  return reads_word(
      statements_->statement(without_current_directory(text_->at(each.file_name).raw()), each.line,
                             line),
      word);
}

bool source_lines::is_in(std::size_t record, function_extent function) const {
  return record < records_.size() && records_[record].instruction_offset >= function.begin &&
         records_[record].instruction_offset < function.end;
}

source_position source_lines::find(std::uint32_t instruction_offset, function_extent function,
                                   std::string_view name) {
  const auto after =
      std::ranges::upper_bound(records_, instruction_offset, {}, &line_record::instruction_offset);
  if (after == records_.begin())
    return {};
  const auto before = static_cast<std::size_t>(std::distance(records_.begin(), after)) - 1;
  if (!is_in(before, function))
    return {};
  auto chosen = before;
  // Code that clang made of several lines has line 0.
  while (records_[chosen].line == 0 && chosen > 0 && is_in(chosen - 1, function))
    --chosen;
  const auto line = records_[chosen].line;
  const auto is_better = [&](std::size_t record) {
    return is_in(record, function) && records_[record].line != line && reads(record, name);
  };
  if (!reads(chosen, name) || taken_.contains({line, name})) {
    std::size_t distance = 1;
    while (distance <= reach && !is_better(before + distance))
      ++distance;
    if (distance <= reach) {
      chosen = before + distance;
    } else if (!reads(chosen, name)) {
      for (distance = 1; distance <= reach && distance <= before; ++distance)
        if (is_better(before - distance)) {
          chosen = before - distance;
          break;
        }
    }
  }
  const auto& record = records_[chosen];
  taken_.emplace(record.line, name);
  return {untrusted_text(
              without_current_directory(text_->at(record.file_name).raw()).substr(0, longest_line)),
          record.line, record.column, untrusted_text(line_of(chosen))};
}

}  // namespace ebpfkit::host
