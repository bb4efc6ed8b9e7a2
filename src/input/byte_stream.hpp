// Bytes that are read from front to back: a file in memory, or the output of a decompressor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
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

// Another stream, whose next bytes can be seen before they are read. `source` must live as long as
// this stream.
class lookahead_stream : public byte_stream {
 public:
  explicit lookahead_stream(byte_stream& source) : source_(&source) {}

  // Returns the next bytes without reading them: `count` or more, fewer only when fewer are left.
  // The next call of any function makes them invalid.
  std::span<const std::uint8_t> peek(std::size_t count) {
    const auto size = std::max(count, step_size);
    if (ahead_.empty() && !is_at_end_) {
      if (buffer_size_ < size) {
        buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
        buffer_size_ = size;
      }
      ahead_ = source_->take({buffer_.get(), size});
      is_at_end_ = ahead_.empty();
    }
    while (ahead_.size() < count && !is_at_end_) {
      auto joined = std::make_unique_for_overwrite<std::uint8_t[]>(size);
      std::ranges::copy(ahead_, joined.get());
      const auto free = std::span(joined.get(), size).subspan(ahead_.size());
      const auto got = source_->read(free);
      is_at_end_ = got < free.size();
      ahead_ = {joined.get(), ahead_.size() + got};
      buffer_ = std::move(joined);
      buffer_size_ = size;
    }
    return ahead_;
  }

  // Skips bytes that peek() returned.
  void consume(std::size_t count) { ahead_ = ahead_.subspan(count); }

  std::size_t read(std::span<std::uint8_t> out) override {
    const auto count = std::min(out.size(), ahead_.size());
    std::copy_n(ahead_.begin(), count, out.begin());
    consume(count);
    const auto rest = out.subspan(count);
    if (rest.empty() || is_at_end_)
      return count;
    const auto got = source_->read(rest);
    is_at_end_ = got < rest.size();
    return count + got;
  }

  std::span<const std::uint8_t> take(std::span<std::uint8_t> scratch) override {
    if (!ahead_.empty() || is_at_end_)
      return std::exchange(ahead_, {});
    return source_->take(scratch);
  }

 private:
  static constexpr std::size_t step_size = std::size_t{64} << 10;

  byte_stream* source_;
  // Nothing fills it before the source does: most files have fewer bytes than it has room for.
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t buffer_size_ = 0;
  std::span<const std::uint8_t> ahead_;  // in `buffer_`, or where the source has its bytes
  bool is_at_end_ = false;               // the source has no more bytes
};

// Returns the rest of the stream, but no more than `most` bytes. Memory starts with `first_step`
// bytes and grows with the bytes read: the content is never there twice.
inline std::vector<std::uint8_t> read_all(byte_stream& stream, std::uint64_t most,
                                          std::uint64_t first_step = std::uint64_t{64} << 10) {
  // Address space costs nothing until it is used.
  constexpr std::uint64_t most_reserved = std::uint64_t{256} << 20;
  constexpr std::uint64_t longest_step = std::uint64_t{4} << 20;
  std::vector<std::uint8_t> content(std::min(most, first_step));
  std::size_t used = 0;
  for (;;) {
    used += stream.read(std::span(content).subspan(used));
    if (used < content.size() || used == most)
      break;
    if (used >= longest_step && most <= most_reserved)
      content.reserve(most);
    const auto step = content.capacity() >= most ? longest_step : std::uint64_t{used};
    content.resize(std::min<std::uint64_t>(most, used + step));
  }
  content.resize(used);
  return content;
}

}  // namespace ebpfkit::host
