#include <fmt/format.h>
#include <lz4.h>
#include <lz4frame.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "input/decoder.hpp"

namespace ebpfkit::host {

namespace {

// The format of `lz4 -l`: a magic number, then blocks. A block is a 32-bit little-endian size and
// that many bytes, which expand to at most 8 MiB. Nothing marks the end (lz4_Block_format.md,
// "Legacy frame").
class legacy_lz4_decoder : public decoder {
 public:
  legacy_lz4_decoder(lookahead_stream bytes, const decompression_options& options)
      : decoder(std::move(bytes), compression::lz4, options) {
    consume(word_size);
  }

 protected:
  std::size_t decode(std::span<std::uint8_t> out) override {
    if (pending_.empty()) {
      next_block();
      return 0;
    }
    const auto count = std::min(out.size(), pending_.size());
    std::copy_n(pending_.begin(), count, out.begin());
    pending_ = pending_.subspan(count);
    return count;
  }

  // A block, and its compressed bytes.
  std::uint64_t memory_in_use() const override { return 2 * block_limit; }

 private:
  static constexpr std::size_t word_size = 4;
  static constexpr std::size_t block_limit = std::size_t{8} << 20;
  // A byte that continues the length of a match stands for that many bytes; no other byte stands
  // for more (lz4_Block_format.md).
  static constexpr std::size_t most_expansion_of_a_byte = 255;

  void next_block() {
    auto bytes = input(word_size + 1);
    // A kernel's payload has a tail: its 32-bit size.
    if (bytes.empty() || (ignores_tail() && bytes.size() <= word_size))
      return finish();
    if (bytes.size() < word_size)
      fail_truncated();
    if (is_legacy_lz4(bytes))
      return consume(word_size);
    const auto size = std::size_t{bytes[0]} | std::size_t{bytes[1]} << 8 |
                      std::size_t{bytes[2]} << 16 | std::size_t{bytes[3]} << 24;
    consume(word_size);
    if (size > LZ4_COMPRESSBOUND(block_limit))
      fail_damaged(fmt::format("a block of {} bytes", size));
    bytes = input(size);
    if (size > bytes.size())
      fail_truncated();
    block_.resize(std::min(block_limit, size * most_expansion_of_a_byte));
    const int length = LZ4_decompress_safe(reinterpret_cast<const char*>(bytes.data()),
                                           reinterpret_cast<char*>(block_.data()),
                                           static_cast<int>(size), static_cast<int>(block_.size()));
    if (length < 0)
      fail_damaged("a block does not decompress");
    consume(size);
    pending_ = std::span(block_).first(static_cast<std::size_t>(length));
  }

  std::vector<std::uint8_t> block_;
  std::span<const std::uint8_t> pending_;  // the part of block_ that is not yet passed on
};

struct frame_closer {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

class frame_lz4_decoder : public decoder {
 public:
  frame_lz4_decoder(lookahead_stream bytes, const decompression_options& options)
      : decoder(std::move(bytes), compression::lz4, options) {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0)
      throw std::bad_alloc();
    context_.reset(context);
  }

 protected:
  std::size_t decode(std::span<std::uint8_t> out) override {
    const auto bytes = input();
    auto consumed = bytes.size();
    auto written = out.size();
    const auto hint =
        LZ4F_decompress(context_.get(), out.data(), &written, bytes.data(), &consumed, nullptr);
    if (LZ4F_isError(hint) != 0)
      fail_damaged(LZ4F_getErrorName(hint));
    consume(consumed);
    if (hint == 0 && (input().empty() || ignores_tail()))
      finish();
    else if (consumed == 0 && written == 0)
      fail_truncated();
    return written;
  }

  // Two blocks of up to 4 MiB, and the 64 KiB before them (lz4_Frame_format.md).
  std::uint64_t memory_in_use() const override { return std::uint64_t{9} << 20; }

 private:
  std::unique_ptr<LZ4F_dctx, frame_closer> context_;
};

}  // namespace

std::unique_ptr<byte_stream> make_lz4_decoder(lookahead_stream input,
                                              const decompression_options& options) {
  constexpr std::size_t magic_size = 4;
  if (is_legacy_lz4(input.peek(magic_size)))
    return std::make_unique<legacy_lz4_decoder>(std::move(input), options);
  return std::make_unique<frame_lz4_decoder>(std::move(input), options);
}

}  // namespace ebpfkit::host
