#include <zstd.h>

#include <cstdint>
#include <new>

#include "input/decoder.hpp"

namespace ebpfkit::host {

namespace {

struct zstd_closer {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class zstd_decoder : public decoder {
 public:
  zstd_decoder(std::span<const std::uint8_t> bytes, const decompression_options& options)
      : decoder(bytes, compression::zstd, options), stream_(ZSTD_createDStream()) {
    if (!stream_)
      throw std::bad_alloc();
  }

 protected:
  std::size_t decode(std::span<std::uint8_t> out) override {
    ZSTD_inBuffer from{input().data(), input().size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    // Windows of more than 128 MiB are refused by zstd itself.
    const auto result = ZSTD_decompressStream(stream_.get(), &to, &from);
    if (ZSTD_isError(result) != 0)
      fail_damaged(ZSTD_getErrorName(result));
    consume(from.pos);
    if (result == 0 && (input().empty() || ignores_tail()))
      finish();
    else if (result != 0 && input().empty() && to.pos < to.size)
      fail_truncated();
    return to.pos;
  }

 private:
  std::unique_ptr<ZSTD_DStream, zstd_closer> stream_;
};

}  // namespace

std::unique_ptr<byte_stream> make_zstd_decoder(std::span<const std::uint8_t> input,
                                               const decompression_options& options) {
  return std::make_unique<zstd_decoder>(input, options);
}

}  // namespace ebpfkit::host
