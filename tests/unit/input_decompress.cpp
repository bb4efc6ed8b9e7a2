#include "input/decompress.hpp"

#include <gtest/gtest.h>
#include <lzma.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "input_fixtures.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host::input_test {
namespace {

bytes mixed_data(std::size_t size) {
  bytes data(size);
  std::uint32_t state = 1;
  for (auto& byte : data) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 29);
  }
  return data;
}

TEST(Decompress, RestoresEveryFormat) {
  for (const auto size : {std::size_t{1}, std::size_t{65536}, std::size_t{9} << 20}) {
    const auto data = mixed_data(size);
    for (const auto& codec : codecs()) {
      const auto packed = codec.compress(data);
      EXPECT_EQ(compression_name(detect_compression(packed)), codec.name);
      EXPECT_EQ(decompress(packed, {.name = "file"}), data) << codec.name << ' ' << size;
    }
    EXPECT_EQ(decompress(data, {.name = "file"}), data);
  }
}

TEST(Decompress, EmptyContent) {
  for (const auto& codec : codecs())
    EXPECT_TRUE(decompress(codec.compress({}), {.name = "file"}).empty()) << codec.name;
  EXPECT_TRUE(decompress({}, {.name = "file"}).empty());
}

TEST(Decompress, PlainBytesHaveNoFormat) {
  EXPECT_EQ(detect_compression(to_bytes("plain text")), compression::none);
  EXPECT_EQ(detect_compression({}), compression::none);
}

TEST(Decompress, ReadsInSmallSteps) {
  const auto data = mixed_data(100000);
  for (const auto& codec : codecs()) {
    const auto packed = codec.compress(data);
    memory_stream source(packed);
    const auto stream = open_compressed(source, {.name = "file"});
    bytes all;
    bytes step(777);
    for (;;) {
      const auto got = stream->read(step);
      all.insert(all.end(), step.begin(), step.begin() + static_cast<std::ptrdiff_t>(got));
      if (got < step.size())
        break;
    }
    EXPECT_EQ(all, data) << codec.name;
  }
}

TEST(Decompress, RefusesBombs) {
  const bytes zeros(std::size_t{16} << 20);
  for (const auto& codec : codecs()) {
    const auto packed = codec.compress(zeros);
    EXPECT_EQ(decompress(packed, {.name = "file", .output_limit = zeros.size()}), zeros);
    const auto text =
        failure_text([&] { decompress(packed, {.name = "small.xz", .output_limit = 1000000}); });
    EXPECT_TRUE(contains(text, "'small.xz'")) << text;
    EXPECT_TRUE(contains(text, codec.name)) << text;
    EXPECT_TRUE(contains(text, "more than 1000000 bytes")) << text;
  }
}

TEST(Decompress, RefusesXzThatWantsMuchMemory) {
  // The block header has the dictionary's size, and a checksum at its end.
  auto packed = compress_xz(mixed_data(1000));
  constexpr std::size_t header = 12;
  const bytes filter{0x21, 0x01};
  const auto at = std::search(packed.begin() + header, packed.end(), filter.begin(), filter.end());
  ASSERT_NE(at, packed.end());
  *(at + 2) = 37;  // 1.5 GiB
  const auto size = (std::size_t{packed[header]} + 1) * 4 - 4;
  const std::uint32_t checksum = lzma_crc32(&packed[header], size, 0);
  std::memcpy(&packed[header + size], &checksum, sizeof checksum);
  EXPECT_TRUE(contains(failure_text([&] { decompress(packed, {.name = "f"}); }),
                       "'f': the xz data needs more than 144 MiB of memory"));
}

TEST(Decompress, TellsTruncation) {
  const auto data = mixed_data(5000);
  for (const auto& codec : codecs()) {
    const auto packed = codec.compress(data);
    const auto text = failure_text(
        [&] { decompress(std::span(packed).first(packed.size() - 1), {.name = "cut.file"}); });
    EXPECT_TRUE(contains(text, "'cut.file': the " + std::string(codec.name))) << text;
    EXPECT_TRUE(contains(text, "truncated")) << text;
  }
}

TEST(Decompress, TellsDamage) {
  const auto data = mixed_data(50000);
  for (const auto& codec : {codecs()[0], codecs()[2], codecs()[3]}) {  // the ones with checksums
    auto packed = codec.compress(data);
    packed[packed.size() / 2] ^= 0xff;
    const auto text = failure_text([&] { decompress(packed, {.name = "bad.file"}); });
    EXPECT_TRUE(contains(text, "damaged")) << codec.name << text;
  }
}

TEST(Decompress, AcceptsConcatenatedStreams) {
  const auto data = mixed_data(3000);
  const auto twice = concatenate({data, data});
  for (const auto& codec : codecs()) {
    const auto packed = codec.compress(data);
    EXPECT_EQ(decompress(concatenate({packed, packed}), {.name = "file"}), twice) << codec.name;
  }
}

TEST(Decompress, NothingExpandsMoreThanEqualBytes) {
  for (const std::size_t size : {1U, 19U, 20U, 275U, 4096U, 1U << 20, 8U << 20}) {
    const bytes data(size, 'a');
    for (const auto& codec : codecs())
      EXPECT_EQ(decompress(codec.compress(data), {.name = "file"}), data) << codec.name << size;
  }
}

TEST(Decompress, TailIsRefusedOrIgnored) {
  const auto data = mixed_data(3000);
  const bytes tail{0xb8, 0x0b, 0, 0};
  for (const auto& codec : codecs()) {
    const auto packed = concatenate({codec.compress(data), tail});
    EXPECT_NE(failure_text([&] { decompress(packed, {.name = "file"}); }), "") << codec.name;
    EXPECT_EQ(decompress(packed, {.name = "file", .tail = compressed_tail::ignored}), data)
        << codec.name;
  }
}

TEST(Decompress, GzipPaddingIsNoDamage) {
  const auto data = mixed_data(100);
  EXPECT_EQ(decompress(concatenate({compress_gzip(data), bytes(512)}), {.name = "file"}), data);
}

TEST(Decompress, SurvivesDamage) {
  const auto data = concatenate({mixed_data(60), bytes(200, 'a')});
  for (const auto& codec : codecs())
    survive_damage(codec.compress(data), [](const bytes& damaged) {
      decompress(damaged, {.name = "file", .output_limit = 1 << 20});
      decompress(damaged,
                 {.name = "file", .output_limit = 1 << 20, .tail = compressed_tail::ignored});
    });
}

}  // namespace
}  // namespace ebpfkit::host::input_test
