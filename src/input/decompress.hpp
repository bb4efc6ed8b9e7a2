// Decompresses untrusted data and limits the size of the output.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "input/byte_stream.hpp"

namespace ebpfkit::host {

enum class compression { none, xz, zstd, gzip, lz4 };

// "xz", "zstd", "gzip", "lz4"; "plain" for none.
std::string_view compression_name(compression format);

// Recognizes the format by the magic number at the beginning, never by the file's name. lz4 means
// the frame format, and the legacy format that compresses kernels (`lz4 -l`).
compression detect_compression(std::span<const std::uint8_t> bytes);

// What may follow the compressed data.
enum class compressed_tail {
  refused,  // only more compressed data, as xz, zstd, gzip and lz4 themselves accept
  ignored,  // anything: kernel images append padding and the payload's size
};

// The memory that all decoders of one file may use together. Linux compresses its images with
// windows of 128 MiB (xz and zstd, scripts/Makefile.lib and scripts/xz_wrap.sh of the kernel).
class decoder_memory {
 public:
  static constexpr std::uint64_t limit = std::uint64_t{144} << 20;

  // Returns false when less than `size` is left.
  bool take(std::uint64_t size) {
    if (size > limit - used_)
      return false;
    used_ += size;
    return true;
  }

 private:
  std::uint64_t used_ = 0;
};

struct decompression_options {
  std::string name;  // the file's name, for messages
  std::uint64_t output_limit = std::uint64_t{1} << 30;
  compressed_tail tail = compressed_tail::refused;
  std::shared_ptr<decoder_memory> memory = std::make_shared<decoder_memory>();
};

// Compressed data may expand to this much, and to so many times its own size more. Kernels with
// all their debug information expand to 10 times their size. Data that expands to more is made to
// cost memory and time.
inline constexpr std::uint64_t free_expansion = std::uint64_t{64} << 20;
inline constexpr std::uint64_t most_expansion = 50;

// Returns the decompressed content of `source`, which must live as long as the stream. Passes plain
// bytes on. Reading throws `failure` that names the file and the format when the data is truncated
// or damaged, needs more than the memory, or expands to more than the limits. Sets `format`, unless
// it is null.
std::unique_ptr<byte_stream> open_compressed(byte_stream& source,
                                             const decompression_options& options,
                                             compression* format = nullptr);

// Returns the whole decompressed content. Memory grows with the decompressed bytes, not with the
// size that a header promises.
std::vector<std::uint8_t> decompress(std::span<const std::uint8_t> bytes,
                                     const decompression_options& options);

}  // namespace ebpfkit::host
