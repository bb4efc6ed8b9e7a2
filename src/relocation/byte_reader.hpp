// Reads integers of either byte order and checks the bounds.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "support/failure.hpp"

namespace ebpfkit::host {

// Reads from `bytes`, which must outlive the reader. `what` names them in messages.
class byte_reader {
 public:
  byte_reader(std::span<const std::uint8_t> bytes, std::endian order, std::string_view what)
      : bytes_(bytes), order_(order), what_(what) {}

  std::size_t size() const { return bytes_.size(); }

  // Throws `failure` when the value is not within the bytes.
  std::uint8_t u8(std::size_t offset) const { return read<std::uint8_t>(offset); }
  std::uint16_t u16(std::size_t offset) const { return read<std::uint16_t>(offset); }
  std::uint32_t u32(std::size_t offset) const { return read<std::uint32_t>(offset); }

  // Returns a part of these bytes, under the same name.
  byte_reader part(std::size_t offset, std::size_t length) const {
    check(offset, length);
    return {bytes_.subspan(offset, length), order_, what_};
  }

 private:
  void check(std::size_t offset, std::size_t length) const {
    if (offset > bytes_.size() || length > bytes_.size() - offset)
      throw failure(fmt::format("{} has only {} bytes: it cannot have {} bytes at offset {}", what_,
                                bytes_.size(), length, offset),
                    "The file is damaged; make it again.");
  }

  template <class Integer>
  Integer read(std::size_t offset) const {
    check(offset, sizeof(Integer));
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
      const auto shift = order_ == std::endian::little ? i : sizeof(Integer) - 1 - i;
      value |= std::uint32_t{bytes_[offset + i]} << (8 * shift);
    }
    return static_cast<Integer>(value);
  }

  std::span<const std::uint8_t> bytes_;
  std::endian order_;
  std::string_view what_;
};

}  // namespace ebpfkit::host
