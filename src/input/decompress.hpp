// Decompression of untrusted data with a bound on what comes out.
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

// Tells the format by the magic number at the beginning, never by a file's name. lz4 is the frame
// format and the legacy one that compresses kernels (`lz4 -l`).
compression detect_compression(std::span<const std::uint8_t> bytes);

// What may follow the compressed data.
enum class compressed_tail {
  refused,  // more compressed data only, as xz, zstd, gzip and lz4 themselves accept
  ignored,  // anything: kernel images append the payload's size, and padding
};

struct decompression_options {
  std::string name;  // of the file, for messages
  // No file that holds BTF is larger; a small file that expands to more is a bomb.
  std::uint64_t output_limit = std::uint64_t{1} << 30;
  compressed_tail tail = compressed_tail::refused;
};

// The decompressed content of `bytes`, which must live as long as the stream. Plain bytes are
// passed on. Reading throws `failure` that names the file and the format when the data is truncated
// or damaged, when it needs more than 256 MiB of memory, or when more than the limit comes out.
std::unique_ptr<byte_stream> open_compressed(std::span<const std::uint8_t> bytes,
                                             const decompression_options& options);

// All of it. Memory grows with what was decompressed, not with what a header promises.
std::vector<std::uint8_t> decompress(std::span<const std::uint8_t> bytes,
                                     const decompression_options& options);

}  // namespace ebpfkit::host
