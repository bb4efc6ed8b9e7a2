#include <zstd.h>
#include <zstd_errors.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "input/decoder.hpp"

namespace ebpfkit::host {

namespace {

struct zstd_closer {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class zstd_decoder : public decoder {
 public:
  zstd_decoder(lookahead_stream bytes, const decompression_options& options)
      : decoder(std::move(bytes), compression::zstd, options), stream_(ZSTD_createDStream()) {
    if (!stream_)
      throw std::bad_alloc();
  }

 protected:
  std::size_t decode(std::span<std::uint8_t> out) override {
    const auto bytes = input();
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    // zstd itself refuses windows of more than 128 MiB.
    const auto result = ZSTD_decompressStream(stream_.get(), &to, &from);
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
      fail_memory();
    if (ZSTD_isError(result) != 0)
      fail_damaged(ZSTD_getErrorName(result));
    consume(from.pos);
    if (result == 0 && (input().empty() || ignores_tail()))
      finish();
    else if (result != 0 && input().empty() && to.pos < to.size)
      fail_truncated();
    return to.pos;
  }

  std::uint64_t memory_in_use() const override { return ZSTD_sizeof_DStream(stream_.get()); }

 private:
  std::unique_ptr<ZSTD_DStream, zstd_closer> stream_;
};

}  // namespace

std::unique_ptr<byte_stream> make_zstd_decoder(lookahead_stream input,
                                               const decompression_options& options) {
  return std::make_unique<zstd_decoder>(std::move(input), options);
}

}  // namespace ebpfkit::host
