#include "support/fact_digest.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "support/file.hpp"

namespace ebpfkit::host {

void fact_digest::add(std::string_view label, std::string_view value) {
  text_ += fmt::format("{} {}:{} {}\n", label.size(), label, value.size(), value);
}

std::string fact_digest::hex() const {
  return sha256_hex({reinterpret_cast<const std::uint8_t*>(text_.data()), text_.size()});
}

}  // namespace ebpfkit::host
