#include "input/decompress.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "input/decoder.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

using namespace std::string_view_literals;

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
  return as_text(input).starts_with("\x02\x21\x4c\x18");
}

compression detect_compression(std::span<const std::uint8_t> bytes) {
  const auto text = as_text(bytes);
  if (text.starts_with("\xfd\x37zXZ\0"sv))
    return compression::xz;
  if (text.starts_with("\x28\xb5\x2f\xfd"))
    return compression::zstd;
  if (text.starts_with("\x1f\x8b\x08"))  // the last byte is the method, deflate
    return compression::gzip;
  if (text.starts_with("\x04\x22\x4d\x18") || is_legacy_lz4(bytes))
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

}  // namespace ebpfkit::host
