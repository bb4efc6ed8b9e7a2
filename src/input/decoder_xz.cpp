#include <fmt/format.h>
#include <lzma.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "input/decoder.hpp"

namespace ebpfkit::host {

namespace {

class xz_decoder : public decoder {
 public:
  xz_decoder(lookahead_stream bytes, const decompression_options& options)
      : decoder(std::move(bytes), compression::xz, options) {
    const std::uint32_t flags = ignores_tail() ? 0 : LZMA_CONCATENATED;
    if (lzma_stream_decoder(&stream_, decoder_memory::limit, flags) != LZMA_OK)
      throw std::bad_alloc();
  }
  ~xz_decoder() override { lzma_end(&stream_); }
  xz_decoder(const xz_decoder&) = delete;
  xz_decoder& operator=(const xz_decoder&) = delete;

 protected:
  std::size_t decode(std::span<std::uint8_t> out) override {
    const auto bytes = input();
    stream_.next_in = bytes.data();
    stream_.avail_in = bytes.size();
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const auto result = lzma_code(&stream_, bytes.empty() ? LZMA_FINISH : LZMA_RUN);
    consume(bytes.size() - stream_.avail_in);
    switch (result) {
      case LZMA_OK:
        break;
      case LZMA_STREAM_END:
        finish();
        break;
      case LZMA_BUF_ERROR:  // two steps in a row made no progress
        fail_truncated();
      case LZMA_MEMLIMIT_ERROR:
        fail_memory();
      case LZMA_MEM_ERROR:
        throw std::bad_alloc();
      case LZMA_OPTIONS_ERROR:
        fail_damaged("or has options that liblzma does not know");
      default:
        fail_damaged(fmt::format("liblzma error {}", static_cast<int>(result)));
    }
    return out.size() - stream_.avail_out;
  }

  std::uint64_t memory_in_use() const override { return lzma_memusage(&stream_); }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<byte_stream> make_xz_decoder(lookahead_stream input,
                                             const decompression_options& options) {
  return std::make_unique<xz_decoder>(std::move(input), options);
}

}  // namespace ebpfkit::host
