// The little JSON this program writes: one object a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kernel_watch {

class json_object {
 public:
  // Each adds one member and returns the object, so that calls can be chained. Writes each byte of
  // `text` that is not printable ASCII as \u00XX, because names of processes are bytes without a
  // known encoding.
  json_object& text(std::string_view name, std::string_view value);
  json_object& integer(std::string_view name, std::int64_t value);
  json_object& count(std::string_view name, std::uint64_t value);
  json_object& number(std::string_view name, double value, int decimals);
  json_object& boolean(std::string_view name, bool value);
  json_object& object(std::string_view name, const json_object& value);

  // The object as one line without a line end.
  std::string str() const { return '{' + members_ + '}'; }

 private:
  json_object& add(std::string_view name, std::string_view json);

  std::string members_;
};

}  // namespace kernel_watch
