// What the decoders of the single formats share; only decompress.cpp makes them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "input/byte_stream.hpp"
#include "input/decompress.hpp"

namespace ebpfkit::host {

// Decodes `input()` step by step and enforces the limit on the output.
class decoder : public byte_stream {
 public:
  decoder(std::span<const std::uint8_t> input, compression format, decompression_options options)
      : input_(input), format_(format), options_(std::move(options)) {}

  std::size_t read(std::span<std::uint8_t> out) final;

 protected:
  // Writes some bytes to `out` (never empty) and returns their number. Every call must consume
  // input, write output, call `finish` or throw.
  virtual std::size_t decode(std::span<std::uint8_t> out) = 0;

  std::span<const std::uint8_t> input() const { return input_; }
  void consume(std::size_t count) { input_ = input_.subspan(count); }
  void finish() { finished_ = true; }
  bool ignores_tail() const { return options_.tail == compressed_tail::ignored; }

  [[noreturn]] void fail(const std::string& problem) const;
  [[noreturn]] void fail_truncated() const;
  [[noreturn]] void fail_damaged(const std::string& reason) const;

 private:
  std::span<const std::uint8_t> input_;
  compression format_;
  decompression_options options_;
  std::uint64_t written_ = 0;
  bool finished_ = false;
};

std::unique_ptr<byte_stream> make_xz_decoder(std::span<const std::uint8_t> input,
                                             const decompression_options& options);
std::unique_ptr<byte_stream> make_zstd_decoder(std::span<const std::uint8_t> input,
                                               const decompression_options& options);
std::unique_ptr<byte_stream> make_gzip_decoder(std::span<const std::uint8_t> input,
                                               const decompression_options& options);
std::unique_ptr<byte_stream> make_lz4_decoder(std::span<const std::uint8_t> input,
                                              const decompression_options& options);

// True when an lz4 stream is in the legacy format.
bool is_legacy_lz4(std::span<const std::uint8_t> input);

// Most memory that a decoder may be made to use by the data.
inline constexpr std::uint64_t decoder_memory_limit = std::uint64_t{256} << 20;

}  // namespace ebpfkit::host
