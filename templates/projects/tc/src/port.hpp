// Numbers of ports on the command line.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

// Returns the port, from 1 to 65535. Empty when the text is no such number.
inline std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0)
    return {};
  return port;
}
