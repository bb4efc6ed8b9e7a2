#include "inspect/typed_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using json = nlohmann::ordered_json;
using byte_span = std::span<const std::uint8_t>;

std::uint64_t little_number(byte_span bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto place = std::endian::native == std::endian::little ? i : bytes.size() - 1 - i;
    number |= std::uint64_t{bytes[i]} << (8 * place);
  }
  return number;
}

json number_json(std::uint64_t number, std::uint32_t bits, bool is_signed) {
  if (is_signed && bits < 64 && (number >> (bits - 1) & 1) != 0)
    number |= ~std::uint64_t{0} << bits;
  if (is_signed)
    return static_cast<std::int64_t>(number);
  return number;
}

json enumerator_json(const type_graph& types, type_id enumeration, std::uint64_t number,
                     std::uint32_t bits) {
  const bool is_signed = types.is_signed_enumeration(enumeration);
  const auto value = number_json(number, bits, is_signed);
  for (const auto constant : types.enumerators(enumeration)) {
    const bool is_this = is_signed ? value == json(static_cast<std::int64_t>(constant.value))
                                   : number == constant.value;
    if (is_this)
      return std::string(constant.name);
  }
  return value;
}

// The scalar of a member that is a bit-field, or lies at a whole byte.
json scalar_json(const type_graph& types, type_id type, std::uint64_t number, std::uint32_t bits) {
  if (types.is_enumeration(type))
    return enumerator_json(types, type, number, bits);
  const auto encoding = types.integer(type);
  if (encoding.is_bool)
    return number != 0;
  return number_json(number, bits, encoding.is_signed);
}

json bit_field_json(const type_graph& types, const record_member& member, byte_span record) {
  const auto type = types.skip_wrappers(member.type);
  const bool is_scalar = types.is_enumeration(type) || types.kind(type) == type_kind::integer;
  if (!is_scalar || member.bitfield_size > 64 ||
      (std::uint64_t{member.bit_offset} + member.bitfield_size + 7) / 8 > record.size())
    return nullptr;
  std::uint64_t number = 0;
  for (std::uint32_t i = 0; i < member.bitfield_size; ++i) {
    const auto bit = member.bit_offset + i;
    const bool is_little = std::endian::native == std::endian::little;
    const auto in_byte = is_little ? bit % 8 : 7 - bit % 8;
    const auto place = is_little ? i : member.bitfield_size - 1 - i;
    number |= std::uint64_t{(record[bit / 8] >> in_byte) & 1U} << place;
  }
  return scalar_json(types, type, number, member.bitfield_size);
}

void add_members(const type_graph& types, type_id record, byte_span bytes, json& object) {
  for (const auto member : types.members(record)) {
    if (member.bitfield_size != 0) {
      if (!member.name.empty())
        object[std::string(member.name)] = bit_field_json(types, member, bytes);
      continue;
    }
    const auto offset = std::min<std::size_t>(member.bit_offset / 8, bytes.size());
    const auto size = std::min<std::uint64_t>(types.size_of(member.type), bytes.size() - offset);
    const auto part = bytes.subspan(offset, size);
    const auto type = types.skip_wrappers(member.type);
    if (member.name.empty() && types.is_record(type))
      add_members(types, type, part, object);
    else
      object[std::string(member.name)] = typed_value(types, member.type, part);
  }
}

bool is_character(const type_graph& types, type_id type) {
  const auto bare = types.skip_wrappers(type);
  if (types.kind(bare) != type_kind::integer || types.size_of(bare) != 1)
    return false;
  return types.integer(bare).is_char || types.name(bare) == "char";
}

// A text that ends with a NUL and has only characters that can be printed.
bool is_text(byte_span bytes) {
  const auto end = std::find(bytes.begin(), bytes.end(), 0);
  return end != bytes.end() &&
         std::all_of(bytes.begin(), end, [](std::uint8_t c) { return std::isprint(c) != 0; });
}

json array_json(const type_graph& types, type_id type, byte_span bytes) {
  const auto shape = types.array(type);
  if (is_character(types, shape.element) && is_text(bytes))
    return std::string(as_text(bytes).substr(0, as_text(bytes).find('\0')));
  const auto size = types.size_of(shape.element);
  json list = json::array();
  for (std::uint64_t i = 0; size != 0 && i < shape.count && (i + 1) * size <= bytes.size(); ++i)
    list.push_back(typed_value(types, shape.element, bytes.subspan(i * size, size)));
  return list;
}

// A section of global variables: an object with one member for each.
json section_json(const type_graph& types, type_id section, byte_span bytes) {
  json object = json::object();
  for (const auto entry : types.section_entries(section)) {
    const auto offset = std::min<std::size_t>(entry.offset, bytes.size());
    const auto size = std::min<std::size_t>(entry.size, bytes.size() - offset);
    object[std::string(types.name(entry.variable))] =
        typed_value(types, types.target(entry.variable), bytes.subspan(offset, size));
  }
  return object;
}

json floating_json(byte_span bytes) {
  if (bytes.size() == sizeof(float)) {
    float number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }
  double number = 0;
  if (bytes.size() != sizeof number)
    return hexadecimal(bytes);
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace

json typed_value(const type_graph& types, type_id type, byte_span bytes) {
  const auto bare = types.skip_wrappers(type);
  const auto size = types.size_of(bare);
  const auto kind = types.kind(bare);
  if (kind == type_kind::array)
    return array_json(types, bare, bytes);
  if (kind == type_kind::data_section)
    return section_json(types, bare, bytes);
  if (size == 0 || size > bytes.size())
    return hexadecimal(bytes);
  if (types.is_record(bare)) {
    json object = json::object();
    add_members(types, bare, bytes.first(size), object);
    return object;
  }
  if (kind == type_kind::floating_point)
    return floating_json(bytes.first(size));
  if (size > 8)
    return hexadecimal(bytes.first(size));
  const auto number = little_number(bytes.first(size));
  if (kind == type_kind::pointer)
    return fmt::format("{:#x}", number);
  if (kind == type_kind::integer || types.is_enumeration(bare))
    return scalar_json(types, bare, number, static_cast<std::uint32_t>(size * 8));
  return hexadecimal(bytes.first(size));
}

std::string hexadecimal(byte_span bytes) {
  std::string text;
  for (const auto byte : bytes)
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", byte);
  return text;
}

std::string value_text(const json& value) {
  if (value.is_string())
    return fmt::format("\"{}\"", printable(value.get_ref<const std::string&>(), 1000));
  if (!value.is_structured())
    return value.dump();
  std::string text;
  for (const auto& [name, item] : value.items()) {
    text += text.empty() ? "" : ", ";
    text += value.is_object() ? fmt::format(".{} = {}", printable(name), value_text(item))
                              : value_text(item);
  }
  return fmt::format("{{{}}}", text);
}

void add_numbers(json& sum, const json& other) {
  if (sum.is_structured() && sum.type() == other.type() && sum.size() == other.size()) {
    auto added = other.begin();
    for (auto& item : sum)
      add_numbers(item, *added++);
  } else if (sum.is_number_float() && other.is_number_float()) {
    sum = sum.get<double>() + other.get<double>();
  } else if (sum.is_number_unsigned() && other.is_number_unsigned()) {
    sum = sum.get<std::uint64_t>() + other.get<std::uint64_t>();
  } else if (sum.is_number_integer() && other.is_number_integer()) {
    // Counters wrap as the kernel's do: unsigned arithmetic has no overflow.
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum.get<std::int64_t>()) +
                                    static_cast<std::uint64_t>(other.get<std::int64_t>()));
  }
}

}  // namespace ebpfkit::host
