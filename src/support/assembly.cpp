#include "support/assembly.hpp"

#include <fmt/format.h>

namespace ebpfkit::host {

std::string assembly_string(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"')
      escaped += "\\\\\\\"";
    else if (c == '\\')
      escaped += "\\\\\\\\";
    else if (c == '?')
      escaped += "\\?";  // no trigraphs
    else if (byte < 0x20 || byte > 0x7e)
      escaped += fmt::format("\\\\{:03o}", byte);
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace ebpfkit::host
