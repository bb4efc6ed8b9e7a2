#include "input/decompress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "input/decoder.hpp"
#include "support/failure.hpp"

namespace ebpfkit {

namespace {

constexpr std::array<std::uint8_t, 6> xz_magic = {0xfd, '7', 'z', 'X', 'Z', 0x00};
constexpr std::array<std::uint8_t, 4> zstd_magic = {0x28, 0xb5, 0x2f, 0xfd};
constexpr std::array<std::uint8_t, 3> gzip_magic = {0x1f, 0x8b, 0x08};  // with method "deflate"
constexpr std::array<std::uint8_t, 4> lz4_frame_magic = {0x04, 0x22, 0x4d, 0x18};
constexpr std::array<std::uint8_t, 4> lz4_legacy_magic = {0x02, 0x21, 0x4c, 0x18};

bool begins_with(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> magic) {
  return bytes.size() >= magic.size() && std::ranges::equal(bytes.first(magic.size()), magic);
}

}  // namespace

std::string_view compression_name(compression format) {
  switch (format) {
    case compression::xz:
      return "xz";
    case compression::zstd:
      return "zstd";
    case compression::gzip:
      return "gzip";
    case compression::lz4:
      return "lz4";
    case compression::none:
      break;
  }
  return "plain";
}

bool is_legacy_lz4(std::span<const std::uint8_t> input) {
  return begins_with(input, lz4_legacy_magic);
}

compression detect_compression(std::span<const std::uint8_t> bytes) {
  if (begins_with(bytes, xz_magic))
    return compression::xz;
  if (begins_with(bytes, zstd_magic))
    return compression::zstd;
  if (begins_with(bytes, gzip_magic))
    return compression::gzip;
  if (begins_with(bytes, lz4_frame_magic) || is_legacy_lz4(bytes))
    return compression::lz4;
  return compression::none;
}

std::size_t decoder::read(std::span<std::uint8_t> out) {
  std::size_t filled = 0;
  while (!finished_ && filled < out.size())
    filled += decode(out.subspan(filled));
  if (filled > options_.output_limit - written_)
    throw failure(fmt::format("'{}': the {} data expands to more than {} bytes", options_.name,
                              compression_name(format_), options_.output_limit),
                  "No BTF and no kernel is that large: check where the file comes from.");
  written_ += filled;
  return filled;
}

void decoder::fail(const std::string& problem) const {
  throw failure(
      fmt::format("'{}': the {} data {}", options_.name, compression_name(format_), problem),
      "Get the file again, and compare its size with the original's.");
}

void decoder::fail_truncated() const {
  fail("is truncated");
}

void decoder::fail_damaged(const std::string& reason) const {
  fail(fmt::format("is damaged ({})", reason));
}

std::unique_ptr<byte_stream> open_compressed(std::span<const std::uint8_t> bytes,
                                             const decompression_options& options) {
  switch (detect_compression(bytes)) {
    case compression::xz:
      return make_xz_decoder(bytes, options);
    case compression::zstd:
      return make_zstd_decoder(bytes, options);
    case compression::gzip:
      return make_gzip_decoder(bytes, options);
    case compression::lz4:
      return make_lz4_decoder(bytes, options);
    case compression::none:
      break;
  }
  return std::make_unique<memory_stream>(bytes);
}

std::vector<std::uint8_t> decompress(std::span<const std::uint8_t> bytes,
                                     const decompression_options& options) {
  // One byte more than the limit, so that the stream gets to see that there is more.
  return read_all(*open_compressed(bytes, options), options.output_limit + 1);
}

}  // namespace ebpfkit
