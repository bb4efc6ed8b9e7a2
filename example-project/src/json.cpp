#include "json.hpp"

#include <cstdint>

#include "text.hpp"

namespace kernel_watch {
namespace {

std::string quoted(std::string_view text) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  std::string result = "\"";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      result += '\\';
      result += character;
    } else if (is_printable(character)) {
      result += character;
    } else {
      result += "\\u00";
      result += hexadecimal[byte >> 4];
      result += hexadecimal[byte & 0xf];
    }
  }
  return result + '"';
}

}  // namespace

json_object& json_object::add(std::string_view name, std::string_view json) {
  if (!members_.empty())
    members_ += ',';
  members_ += quoted(name);
  members_ += ':';
  members_ += json;
  return *this;
}

json_object& json_object::text(std::string_view name, std::string_view value) {
  return add(name, quoted(value));
}

json_object& json_object::integer(std::string_view name, std::int64_t value) {
  return add(name, std::to_string(value));
}

json_object& json_object::count(std::string_view name, std::uint64_t value) {
  return add(name, std::to_string(value));
}

json_object& json_object::number(std::string_view name, double value, int decimals) {
  return add(name, fixed(value, decimals));
}

json_object& json_object::boolean(std::string_view name, bool value) {
  return add(name, value ? "true" : "false");
}

json_object& json_object::object(std::string_view name, const json_object& value) {
  return add(name, value.str());
}

}  // namespace kernel_watch
