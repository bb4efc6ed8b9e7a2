// Bytes that are read from front to back: a file in memory, or what a decompressor makes of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ebpfkit {

class byte_stream {
 public:
  virtual ~byte_stream() = default;

  // Fills `out` and returns how many bytes it wrote: fewer than `out` has room for only at the end
  // of the stream. Throws `failure` when the bytes cannot be had.
  virtual std::size_t read(std::span<std::uint8_t> out) = 0;
};

// Bytes in memory, which must live as long as the stream.
class memory_stream : public byte_stream {
 public:
  explicit memory_stream(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  std::size_t read(std::span<std::uint8_t> out) override {
    const auto count = std::min(out.size(), rest_.size());
    if (count > 0)
      std::memcpy(out.data(), rest_.data(), count);
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace ebpfkit
