#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "input/decoder.hpp"

namespace ebpfkit::host {

namespace {

// zlib counts in 32 bits.
constexpr std::size_t step_limit = std::size_t{1} << 30;

class gzip_decoder : public decoder {
 public:
  gzip_decoder(std::span<const std::uint8_t> bytes, const decompression_options& options)
      : decoder(bytes, compression::gzip, options) {
    constexpr int gzip_with_largest_window = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, gzip_with_largest_window) != Z_OK)
      throw std::bad_alloc();
  }
  ~gzip_decoder() override { inflateEnd(&stream_); }
  gzip_decoder(const gzip_decoder&) = delete;
  gzip_decoder& operator=(const gzip_decoder&) = delete;

 protected:
  std::size_t decode(std::span<std::uint8_t> out) override {
    const auto given = std::min(input().size(), step_limit);
    const auto room = std::min(out.size(), step_limit);
    stream_.next_in = const_cast<Bytef*>(input().data());  // zlib only reads it
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

 private:
  // Like gzip itself: a further member is more data, zeros are padding.
  void end_member() {
    const auto rest = input();
    if (ignores_tail() || std::ranges::all_of(rest, [](auto byte) { return byte == 0; }))
      finish();
    else if (detect_compression(rest) == compression::gzip)
      inflateReset(&stream_);
    else
      fail_damaged(fmt::format("followed by {} bytes of something else", rest.size()));
  }

  z_stream stream_{};
};

}  // namespace

std::unique_ptr<byte_stream> make_gzip_decoder(std::span<const std::uint8_t> input,
                                               const decompression_options& options) {
  return std::make_unique<gzip_decoder>(input, options);
}

}  // namespace ebpfkit::host
