// Bytes that are read from front to back: a file in memory, or the output of a decompressor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace ebpfkit::host {

class byte_stream {
 public:
  virtual ~byte_stream() = default;

  // Fills `out` and returns the number of bytes written. Only at the end of the stream is it less
  // than the size of `out`. Throws `failure` when the stream cannot deliver the bytes.
  virtual std::size_t read(std::span<std::uint8_t> out) = 0;

  // Returns the next bytes, or none at the end. It stores them in `scratch`, unless they are
  // already in memory.
  virtual std::span<const std::uint8_t> take(std::span<std::uint8_t> scratch) {
    return scratch.first(read(scratch));
  }
};

// Bytes in memory. They must live as long as the stream.
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

  std::span<const std::uint8_t> take(std::span<std::uint8_t> /*scratch*/) override {
    return std::exchange(rest_, {});
  }

 private:
  std::span<const std::uint8_t> rest_;
};

// Returns the rest of the stream, but no more than `most` bytes. Memory starts with `first_step`
// bytes and grows with the bytes read.
inline std::vector<std::uint8_t> read_all(byte_stream& stream, std::uint64_t most,
                                          std::uint64_t first_step = std::uint64_t{64} << 10) {
  std::vector<std::uint8_t> content(std::min(most, first_step));
  std::size_t used = 0;
  for (;;) {
    used += stream.read(std::span(content).subspan(used));
    if (used < content.size() || used == most)
      break;
    content.resize(std::min<std::uint64_t>(most, std::uint64_t{used} * 2));
  }
  content.resize(used);
  return content;
}

}  // namespace ebpfkit::host
