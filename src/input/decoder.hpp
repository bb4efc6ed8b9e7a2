// What the decoders of the formats share. Only decompress.cpp creates decoders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "input/byte_stream.hpp"
#include "input/decompress.hpp"

namespace ebpfkit::host {

// Decodes `input()` step by step and enforces the limits.
class decoder : public byte_stream {
 public:
  decoder(lookahead_stream input, compression format, decompression_options options)
      : input_(std::move(input)), format_(format), options_(std::move(options)) {}

  std::size_t read(std::span<std::uint8_t> out) final;

 protected:
  // Writes some bytes to `out`, which is never empty, and returns their number. Every call must
  // consume input, write output, call `finish` or throw.
  virtual std::size_t decode(std::span<std::uint8_t> out) = 0;

  // Returns the memory that decoding needs so far, in bytes.
  virtual std::uint64_t memory_in_use() const = 0;

  // Returns `wanted` or more bytes of input, fewer only at its end.
  std::span<const std::uint8_t> input(std::size_t wanted = 1) { return input_.peek(wanted); }
  void consume(std::size_t count) {
    input_.consume(count);
    consumed_ += count;
  }
  void finish() { finished_ = true; }
  bool ignores_tail() const { return options_.tail == compressed_tail::ignored; }

  [[noreturn]] void fail_truncated() const;
  [[noreturn]] void fail_damaged(const std::string& reason) const;
  [[noreturn]] void fail_memory() const;

 private:
  void check_limits();
  [[noreturn]] void fail(const std::string& problem) const;

  lookahead_stream input_;
  compression format_;
  decompression_options options_;
  std::uint64_t consumed_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t taken_memory_ = 0;
  bool finished_ = false;
};

std::unique_ptr<byte_stream> make_xz_decoder(lookahead_stream input,
                                             const decompression_options& options);
std::unique_ptr<byte_stream> make_zstd_decoder(lookahead_stream input,
                                               const decompression_options& options);
std::unique_ptr<byte_stream> make_gzip_decoder(lookahead_stream input,
                                               const decompression_options& options);
std::unique_ptr<byte_stream> make_lz4_decoder(lookahead_stream input,
                                              const decompression_options& options);

// True when an lz4 stream is in the legacy format.
bool is_legacy_lz4(std::span<const std::uint8_t> input);

}  // namespace ebpfkit::host
