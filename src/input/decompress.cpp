#include "input/decompress.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

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
  while (!finished_ && filled < out.size()) {
    const auto count = decode(out.subspan(filled));
    filled += count;
    written_ += count;
    check_limits();
  }
  return filled;
}

void decoder::check_limits() {
  constexpr const char* remedy =
      "Check where the file comes from. If you trust it, unpack it and name the file within.";
  const auto name = compression_name(format_);
  if (written_ > options_.output_limit)
    throw failure(fmt::format("'{}': the {} data expands to more than {} bytes", options_.name,
                              name, options_.output_limit),
                  remedy);
  if (written_ > free_expansion && (written_ - free_expansion) / most_expansion > consumed_)
    throw failure(fmt::format("'{}': {} bytes of {} data expand to more than {} bytes. No kernel "
                              "is compressed so much",
                              options_.name, consumed_, name, written_),
                  remedy);
  const auto memory = memory_in_use();
  if (memory <= taken_memory_)
    return;
  if (!options_.memory->take(memory - taken_memory_))
    fail_memory();
  taken_memory_ = memory;
}

void decoder::fail_memory() const {
  throw failure(fmt::format("'{}': the {} data needs more than {} MiB of memory", options_.name,
                            compression_name(format_), decoder_memory::limit >> 20),
                "Unpack it, and name the file within.");
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

std::unique_ptr<byte_stream> open_compressed(byte_stream& source,
                                             const decompression_options& options,
                                             compression* format) {
  constexpr std::size_t longest_magic = 6;
  lookahead_stream input(source);
  const auto found = detect_compression(input.peek(longest_magic));
  if (format != nullptr)
    *format = found;
  switch (found) {
    case compression::xz:
      return make_xz_decoder(std::move(input), options);
    case compression::zstd:
      return make_zstd_decoder(std::move(input), options);
    case compression::gzip:
      return make_gzip_decoder(std::move(input), options);
    case compression::lz4:
      return make_lz4_decoder(std::move(input), options);
    case compression::none:
      break;
  }
  return std::make_unique<lookahead_stream>(std::move(input));
}

std::vector<std::uint8_t> decompress(std::span<const std::uint8_t> bytes,
                                     const decompression_options& options) {
  memory_stream source(bytes);
  // Ask for one byte more than the limit, so that the stream notices when there is more.
  return read_all(*open_compressed(source, options), options.output_limit + 1);
}

}  // namespace ebpfkit::host
