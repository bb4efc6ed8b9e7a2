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

struct decompression_options {
  std::string name;  // the file's name, for messages
  // No file that holds BTF is larger. A small file that expands to more is a decompression bomb.
  std::uint64_t output_limit = std::uint64_t{1} << 30;
  compressed_tail tail = compressed_tail::refused;
};

// Returns the decompressed content of `bytes`, which must live as long as the stream. Passes plain
// bytes on. Reading throws `failure` that names the file and the format when the data is truncated
// or damaged, needs more than 256 MiB of memory, or expands to more than the limit.
std::unique_ptr<byte_stream> open_compressed(std::span<const std::uint8_t> bytes,
                                             const decompression_options& options);

// Returns the whole decompressed content. Memory grows with the decompressed bytes, not with the
// size that a header promises.
std::vector<std::uint8_t> decompress(std::span<const std::uint8_t> bytes,
                                     const decompression_options& options);

}  // namespace ebpfkit::host
