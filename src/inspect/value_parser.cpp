#include "inspect/value_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "btf/type_text.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using writable_bytes = std::span<std::uint8_t>;

constexpr int deepest_braces = 64;
constexpr std::string_view bytes_word = "hex";

// A part of a value: a member, an element, or the value itself.
struct value_part {
  type_id type = 0;
  writable_bytes bytes;
  // Of a bit-field, else 0. `first_bit` counts from the beginning of `bytes`.
  std::uint32_t first_bit = 0;
  std::uint32_t bits = 0;
};

void store_number(std::uint64_t number, const value_part& part) {
  const bool is_little = std::endian::native == std::endian::little;
  const auto bits = part.bits != 0 ? part.bits : static_cast<std::uint32_t>(part.bytes.size() * 8);
  for (std::uint32_t i = 0; i < bits; ++i) {
    const auto bit = part.first_bit + (is_little ? i : bits - 1 - i);
    const auto mask = static_cast<std::uint8_t>(1U << (is_little ? bit % 8 : 7 - bit % 8));
    auto& byte = part.bytes[bit / 8];
    byte = static_cast<std::uint8_t>((number >> i & 1) != 0 ? byte | mask : byte & ~mask);
  }
}

// The bits of a whole number that fits. No value: it is none, or out of range.
std::optional<std::uint64_t> whole_number(const std::string& text, std::uint32_t bits,
                                          bool is_signed) {
  const bool is_negative = text.starts_with('-');
  const auto digits = is_negative ? text.substr(1) : text;
  // strtoull(3) would accept blanks and a second sign.
  if (digits.empty() || digits.front() < '0' || digits.front() > '9')
    return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const std::uint64_t magnitude = std::strtoull(digits.c_str(), &end, 0);
  if (errno != 0 || *end != '\0')
    return std::nullopt;
  const std::uint64_t most =
      is_signed ? (std::uint64_t{1} << (bits - 1)) - (is_negative ? 0 : 1)
                : (bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1);
  if (magnitude > most || (is_negative && !is_signed && magnitude != 0))
    return std::nullopt;
  return is_negative ? ~magnitude + 1 : magnitude;
}

std::string range_text(std::uint32_t bits, bool is_signed) {
  const auto most = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  return is_signed ? fmt::format("Write a number from -{} to {}.", most / 2 + 1, most / 2)
                   : fmt::format("Write a number from 0 to {}.", most);
}

bool is_blank(char character) {
  return character == ' ' || character == '\t' || character == '\n';
}

// No value: a word is no byte.
std::optional<std::vector<std::uint8_t>> bytes_in(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  while (true) {
    while (!text.empty() && is_blank(text.front()))
      text.remove_prefix(1);
    if (text.empty())
      return bytes;
    const auto end = std::find_if(text.begin(), text.end(), is_blank) - text.begin();
    auto word = std::string(text.substr(0, static_cast<std::size_t>(end)));
    text.remove_prefix(word.size());
    if (word.starts_with("0x"))
      word.erase(0, 2);
    const bool is_byte = (word.size() == 1 || word.size() == 2) &&
                         std::all_of(word.begin(), word.end(),
                                     [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!is_byte)
      return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(std::strtoul(word.c_str(), nullptr, 16)));
  }
}

bool starts_with_bytes_word(std::string_view text) {
  return text.starts_with(bytes_word) && text.size() > bytes_word.size() &&
         is_blank(text[bytes_word.size()]);
}

class value_reader {
 public:
  value_reader(const type_graph& types, const std::string& text, const std::string& place)
      : types_(types), text_(text), place_(place) {}

  // Reads the whole text.
  void read_all(type_id type, writable_bytes bytes);

 private:
  struct named_member {
    value_part part;
    std::string_view name;
  };

  void read(const value_part& part, int depth);
  void read_record(type_id record, writable_bytes bytes, int depth);
  void read_array(type_id type, writable_bytes bytes, int depth);
  void read_scalar(const value_part& part, const std::string& word);
  void read_characters(const value_part& part, const std::string& word);
  bool is_characters(type_id type) const;
  void collect_members(type_id record, writable_bytes bytes, int depth,
                       std::vector<named_member>& members) const;

  void skip_blanks();
  bool take(char wanted);
  std::string take_word();
  std::string take_quoted();

  [[noreturn]] void refuse(type_id type, std::string_view word, const std::string& remedy) const;

  const type_graph& types_;
  std::string_view text_;
  std::size_t at_ = 0;
  const std::string& place_;
};

void value_reader::refuse(type_id type, std::string_view word, const std::string& remedy) const {
  throw failure(
      fmt::format("'{}' is no value for {} ({})", printable(word), place_, type_text(types_, type)),
      remedy);
}

void value_reader::skip_blanks() {
  while (at_ < text_.size() && is_blank(text_[at_]))
    ++at_;
}

bool value_reader::take(char wanted) {
  skip_blanks();
  if (at_ >= text_.size() || text_[at_] != wanted)
    return false;
  ++at_;
  return true;
}

std::string value_reader::take_word() {
  skip_blanks();
  if (at_ < text_.size() && text_[at_] == '"')
    return take_quoted();
  const auto begin = at_;
  while (at_ < text_.size() && !is_blank(text_[at_]) &&
         std::string_view("{},=").find(text_[at_]) == std::string_view::npos)
    ++at_;
  return std::string(text_.substr(begin, at_ - begin));
}

std::string value_reader::take_quoted() {
  const auto begin = ++at_;
  const auto end = std::min(text_.find('"', begin), text_.size());
  if (end == text_.size())
    throw failure(fmt::format("'{}': a text for {} does not end", printable(text_), place_),
                  "Write a second quotation mark.");
  at_ = end + 1;
  return std::string(text_.substr(begin, end - begin));
}

bool value_reader::is_characters(type_id type) const {
  const auto bare = types_.skip_wrappers(type);
  if (types_.kind(bare) != type_kind::array)
    return false;
  const auto element = types_.skip_wrappers(types_.array(bare).element);
  return types_.kind(element) == type_kind::integer && types_.size_of(element) == 1 &&
         (types_.integer(element).is_char || types_.name(element) == "char");
}

void value_reader::read_all(type_id type, writable_bytes bytes) {
  skip_blanks();
  const auto rest = text_.substr(at_);
  // A text needs no quotation marks when it is the whole value.
  if (is_characters(type) && !rest.starts_with('"') && !rest.starts_with('{')) {
    read_characters({type, bytes}, std::string(text_));
    return;
  }
  // Blanks around a number would hide a mistake of a script.
  if (!rest.starts_with('{') && !rest.starts_with('"')) {
    read_scalar({type, bytes}, std::string(text_));
    return;
  }
  read({type, bytes}, 0);
  skip_blanks();
  if (at_ != text_.size())
    refuse(type, text_.substr(at_), "It stands behind the end of the value.");
}

void value_reader::read(const value_part& part, int depth) {
  if (depth > deepest_braces)
    refuse(part.type, text_, "The braces are too deep.");
  const auto bare = types_.skip_wrappers(part.type);
  if (take('{')) {
    if (types_.is_record(bare))
      read_record(bare, part.bytes, depth + 1);
    else if (types_.kind(bare) == type_kind::array)
      read_array(bare, part.bytes, depth + 1);
    else
      refuse(part.type, "{", "Write the value without braces.");
    return;
  }
  const auto word = take_word();
  if (is_characters(part.type))
    read_characters(part, word);
  else
    read_scalar(part, word);
}

// The members as `typed_value` shows them: those of anonymous records stand in the outer one.
void value_reader::collect_members(type_id record, writable_bytes bytes, int depth,
                                   std::vector<named_member>& members) const {
  for (const auto member : types_.members(record)) {
    if (member.bitfield_size != 0) {
      const auto last = std::uint64_t{member.bit_offset} + member.bitfield_size;
      if (!member.name.empty() && member.bitfield_size <= 64 && last <= bytes.size() * 8)
        members.push_back(
            {{member.type, bytes, member.bit_offset, member.bitfield_size}, member.name});
      continue;
    }
    const std::uint64_t offset = member.bit_offset / 8;
    const auto size = types_.size_of(member.type);
    if (offset > bytes.size() || size > bytes.size() - offset)
      continue;
    const auto part = bytes.subspan(offset, size);
    const auto type = types_.skip_wrappers(member.type);
    if (!member.name.empty())
      members.push_back({{member.type, part}, member.name});
    else if (types_.is_record(type) && depth < deepest_braces)
      collect_members(type, part, depth + 1, members);
  }
}

void value_reader::read_record(type_id record, writable_bytes bytes, int depth) {
  std::vector<named_member> members;
  collect_members(record, bytes, 0, members);
  std::size_t next = 0;
  while (!take('}')) {
    if (take('.')) {
      const auto name = take_word();
      const auto found = std::find_if(members.begin(), members.end(),
                                      [&](const auto& member) { return member.name == name; });
      if (found == members.end()) {
        std::vector<std::string> names;
        for (const auto& member : members)
          names.emplace_back(member.name);
        refuse(record, "." + name, fmt::format("Its members are {}.", list_names(names, 20)));
      }
      if (!take('='))
        refuse(record, "." + name, "Write an = behind the member's name.");
      next = static_cast<std::size_t>(found - members.begin());
    }
    if (next >= members.size())
      refuse(record, text_.substr(at_), "There are more values than members.");
    read(members[next++].part, depth);
    if (!take(',') && (at_ >= text_.size() || text_[at_] != '}'))
      refuse(record, text_.substr(at_), "Write a comma between members, and } at the end.");
  }
}

void value_reader::read_array(type_id type, writable_bytes bytes, int depth) {
  const auto shape = types_.array(type);
  const auto size = types_.size_of(shape.element);
  std::uint64_t next = 0;
  while (!take('}')) {
    if (size == 0 || next >= shape.count || next >= bytes.size() / size)
      refuse(type, text_.substr(at_), fmt::format("The array has {} elements.", shape.count));
    read({shape.element, bytes.subspan(next * size, size)}, depth);
    ++next;
    if (!take(',') && (at_ >= text_.size() || text_[at_] != '}'))
      refuse(type, text_.substr(at_), "Write a comma between elements, and } at the end.");
  }
}

void value_reader::read_characters(const value_part& part, const std::string& word) {
  if (word.size() >= part.bytes.size())
    refuse(part.type, word,
           fmt::format("Write a text of at most {} bytes.",
                       part.bytes.empty() ? 0 : part.bytes.size() - 1));
  std::fill(part.bytes.begin(), part.bytes.end(), std::uint8_t{0});
  std::copy(word.begin(), word.end(), part.bytes.begin());
}

void value_reader::read_scalar(const value_part& part, const std::string& word) {
  const auto bare = types_.skip_wrappers(part.type);
  const auto kind = types_.kind(bare);
  const bool is_record = types_.is_record(bare) || kind == type_kind::array;
  if (is_record)
    refuse(part.type, word, "Write it in braces, such as {.member = 1}, or as hex <bytes>.");
  if (kind == type_kind::floating_point) {
    char* end = nullptr;
    const double number = std::strtod(word.c_str(), &end);
    const auto shorter = static_cast<float>(number);
    const bool is_double = part.bytes.size() == sizeof number;
    if (word.empty() || is_blank(word.front()) || *end != '\0' ||
        (!is_double && part.bytes.size() != sizeof shorter))
      refuse(part.type, word, "Write a number such as 0.5.");
    std::memcpy(part.bytes.data(), is_double ? static_cast<const void*>(&number) : &shorter,
                part.bytes.size());
    return;
  }
  const bool is_number = kind == type_kind::integer || types_.is_enumeration(bare);
  if (part.bytes.empty() || (part.bytes.size() > 8 && part.bits == 0) ||
      (!is_number && kind != type_kind::pointer)) {
    const auto bytes = bytes_in(word);  // as `typed_value` shows them
    if (!bytes || bytes->size() != part.bytes.size() || bytes->empty())
      refuse(part.type, word, fmt::format("Write {} bytes: hex 01 0a ...", part.bytes.size()));
    std::copy(bytes->begin(), bytes->end(), part.bytes.begin());
    return;
  }
  const auto bits = part.bits != 0 ? part.bits : static_cast<std::uint32_t>(part.bytes.size() * 8);
  bool is_signed = false;
  std::string remedy;
  if (types_.is_enumeration(bare)) {
    for (const auto constant : types_.enumerators(bare))
      if (constant.name == word) {
        store_number(constant.value, part);
        return;
      }
    is_signed = types_.is_signed_enumeration(bare);
    remedy = "Write a constant of the enum, or a number.";
  } else if (kind == type_kind::integer) {
    const auto encoding = types_.integer(bare);
    if (encoding.is_bool) {
      if (word != "true" && word != "false" && word != "1" && word != "0")
        refuse(part.type, word, "Write true or false.");
      store_number(word == "true" || word == "1" ? 1 : 0, part);
      return;
    }
    is_signed = encoding.is_signed;
  }
  const auto number = whole_number(word, bits, is_signed);
  if (!number)
    refuse(part.type, word, remedy.empty() ? range_text(bits, is_signed) : remedy);
  store_number(*number, part);
}

}  // namespace

std::vector<std::uint8_t> parse_typed_value(const type_graph& types, type_id type,
                                            const std::string& text,
                                            std::span<const std::uint8_t> before,
                                            const std::string& place) {
  if (starts_with_bytes_word(text))
    return parse_bytes(text, before.size(), place);
  const auto size = types.size_of(types.skip_wrappers(type));
  if (size == 0 || size > before.size())
    throw failure(fmt::format("{} ({}) has {} bytes, and its type {}", place,
                              type_text(types, type), before.size(), size),
                  "Write the bytes: hex 01 0a ...");
  std::vector<std::uint8_t> bytes(before.begin(), before.end());
  value_reader reader(types, text, place);
  reader.read_all(type, std::span(bytes).first(size));
  return bytes;
}

std::vector<std::uint8_t> parse_bytes(const std::string& text, std::size_t size,
                                      const std::string& place) {
  const auto only_bytes =
      starts_with_bytes_word(text) ? std::string_view(text).substr(bytes_word.size()) : text;
  auto bytes = bytes_in(only_bytes);
  if (!bytes || bytes->size() != size)
    throw failure(fmt::format("'{}' is no value for {}", printable(text), place),
                  fmt::format("Write {} bytes in hexadecimal: hex 01 0a ...", size));
  return std::move(*bytes);
}

}  // namespace ebpfkit::host
