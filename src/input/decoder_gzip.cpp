#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "input/decoder.hpp"

namespace ebpfkit::host {

namespace {

// zlib counts in 32 bits.
constexpr std::size_t step_limit = std::size_t{1} << 30;

class gzip_decoder : public decoder {
 public:
  gzip_decoder(lookahead_stream bytes, const decompression_options& options)
      : decoder(std::move(bytes), compression::gzip, options) {
    constexpr int gzip_with_largest_window = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, gzip_with_largest_window) != Z_OK)
      throw std::bad_alloc();
  }
  ~gzip_decoder() override { inflateEnd(&stream_); }
  gzip_decoder(const gzip_decoder&) = delete;
  gzip_decoder& operator=(const gzip_decoder&) = delete;

 protected:
  std::size_t decode(std::span<std::uint8_t> out) override {
    const auto bytes = input();
    const auto given = std::min(bytes.size(), step_limit);
    const auto room = std::min(out.size(), step_limit);
    stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(given);
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    consume(given - stream_.avail_in);
    switch (result) {
      case Z_OK:
        break;
      case Z_STREAM_END:
        end_member();
        break;
      case Z_BUF_ERROR:
        fail_truncated();
      case Z_MEM_ERROR:
        throw std::bad_alloc();
      default:
        fail_damaged(stream_.msg != nullptr ? stream_.msg : fmt::format("zlib error {}", result));
    }
    return room - stream_.avail_out;
  }

  std::uint64_t memory_in_use() const override { return std::uint64_t{64} << 10; }

 private:
  // Like gzip itself: treats a further member as more data, and zeros as padding.
  void end_member() {
    constexpr std::size_t magic_size = 3;
    if (ignores_tail())
      return finish();
    if (detect_compression(input(magic_size)) == compression::gzip) {
      inflateReset(&stream_);
      return;
    }
    for (auto rest = input(); !rest.empty(); rest = input()) {
      if (!std::ranges::all_of(rest, [](auto byte) { return byte == 0; }))
        fail_damaged("something else follows it");
      consume(rest.size());
    }
    finish();
  }

  z_stream stream_{};
};

}  // namespace

std::unique_ptr<byte_stream> make_gzip_decoder(lookahead_stream input,
                                               const decompression_options& options) {
  return std::make_unique<gzip_decoder>(std::move(input), options);
}

}  // namespace ebpfkit::host
