// The embedded file: the reader finds what the writer puts in, and detects damage.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/architecture.hpp"
#include "embed/bundle_file.hpp"
#include "embed/embedded_btf_format.hpp"
#include "embed/kernel_identity.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host::test {
namespace {

using detail::embedded_btf_reader;

bundled_kernel kernel(const char* identity, std::vector<std::uint8_t> btf) {
  return {parse_kernel_identity(identity), std::move(btf), 0};
}

std::string sample_bundle() {
  std::vector<bundled_kernel> kernels{
      kernel("ubuntu:20.04:x86_64:5.4.0-42-generic", {1, 2, 3}),
      kernel("debian:10:amd64:4.19.0-5-amd64", {4, 5}),
      kernel("ubuntu:20.04:aarch64:5.4.0-42-generic", {1, 2, 3}),
      kernel("ubuntu:18.04:x86_64:5.4.0-42-generic", {6}),
      kernel(":::6.1.0", {}),
  };
  bundled_build_kernel build;
  build.identity = parse_kernel_identity("::x86_64:6.12.0-own");
  build.btf = {1, 2, 3};
  build.version = "#1 SMP";
  build.task_offsets = "pid:8 tgid:12";
  return make_bundle_file(kernels, &build);
}

// Returns what a look-up gives. It reads a copy of the bytes: readable memory ends where the copy
// ends.
std::string look_up(const std::string& file, std::string_view architecture,
                    std::string_view release) {
  const auto exact = std::make_unique<char[]>(file.size());
  std::ranges::copy(file, exact.get());
  const char* problem = nullptr;
  const auto reader = embedded_btf_reader::open({exact.get(), file.size()}, problem);
  if (!reader)
    return problem != nullptr ? "damaged" : "no reason";
  const auto [first, behind] = reader->find(architecture, release);
  std::string text;
  for (auto index = first; index < behind; ++index) {
    const auto found = reader->kernel(index);
    const auto blob = reader->blob(found.blob);
    if (!blob)
      return "damaged";
    text += std::string(found.distribution) + " " + std::string(found.distribution_version) + "=";
    for (const char byte : *blob)
      text += std::to_string(byte);
    text += ";";
  }
  if (const auto build = reader->build_kernel(); build && !reader->blob(build->kernel.blob))
    return "damaged";
  return text;
}

TEST(embed_bundle, round_trip) {
  const auto file = sample_bundle();
  EXPECT_EQ(look_up(file, "x86_64", "5.4.0-42-generic"), "ubuntu 18.04=6;ubuntu 20.04=123;");
  EXPECT_EQ(look_up(file, "arm64", "5.4.0-42-generic"), "ubuntu 20.04=123;");
  EXPECT_EQ(look_up(file, "x86_64", "4.19.0-5-amd64"), "debian 10=45;");
  EXPECT_EQ(look_up(file, "", "6.1.0"), " =;");
  EXPECT_EQ(look_up(file, "x86_64", "5.4.0-42"), "");
  EXPECT_EQ(look_up(file, "zzz", "9"), "");
  const char* problem = nullptr;
  const auto reader = embedded_btf_reader::open(file, problem);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->kernel_count(), 5U);
  EXPECT_EQ(reader->blob_count(), 4U);
  EXPECT_FALSE(reader->blob(4));
}

TEST(embed_bundle, kernel_of_the_build_is_found_and_not_among_the_others) {
  const auto file = sample_bundle();
  EXPECT_EQ(look_up(file, "x86_64", "6.12.0-own"), "");
  const char* problem = nullptr;
  const auto reader = embedded_btf_reader::open(file, problem);
  ASSERT_TRUE(reader);
  const auto build = reader->build_kernel();
  ASSERT_TRUE(build);
  EXPECT_EQ(build->kernel.architecture, "x86_64");
  EXPECT_EQ(build->kernel.release, "6.12.0-own");
  EXPECT_EQ(build->version, "#1 SMP");
  EXPECT_EQ(build->task_offsets, "pid:8 tgid:12");
  std::vector<bundled_kernel> none;
  const auto without = make_bundle_file(none);
  EXPECT_FALSE(embedded_btf_reader::open(without, problem)->build_kernel());
}

TEST(embed_bundle, order_of_the_kernels_does_not_matter) {
  std::vector<bundled_kernel> kernels{kernel("a:1:x86_64:5.1", {1}), kernel("a:1:x86_64:5.2", {2})};
  const auto file = make_bundle_file(kernels);
  std::ranges::reverse(kernels);
  EXPECT_EQ(make_bundle_file(kernels), file);
}

TEST(embed_bundle, every_prefix_is_refused) {
  const auto file = sample_bundle();
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_EQ(look_up(file.substr(0, size), "x86_64", "4.19.0-5-amd64"), "damaged") << size;
  EXPECT_EQ(look_up(file + "x", "x86_64", "4.19.0-5-amd64"), "damaged");
}

TEST(embed_bundle, every_changed_byte_is_found_or_does_not_matter) {
  const auto file = sample_bundle();
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      auto changed = file;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const auto found = look_up(changed, "x86_64", "4.19.0-5-amd64");
      EXPECT_TRUE(found == "damaged" || found == "debian 10=45;") << at << ": " << found;
    }
  }
}

// Makes data like BTF, of either byte order, with one word for each offset.
std::vector<std::uint8_t> offsets(std::endian order, const std::vector<std::uint32_t>& words) {
  std::vector<std::uint8_t> bytes{0x9f, 0xeb, 1, 0};
  if (order == std::endian::big)
    bytes = {0xeb, 0x9f, 1, 0};
  for (const auto word : words) {
    for (unsigned i = 0; i < 4; ++i)
      bytes.push_back(
          static_cast<std::uint8_t>(word >> 8 * (order == std::endian::big ? 3 - i : i)));
  }
  return bytes;
}

// Makes blobs with all kinds of differences from the blobs before them, in enough groups.
std::vector<bundled_kernel> varied_kernels(std::size_t count) {
  std::mt19937 random(7);
  std::vector<bundled_kernel> kernels;
  std::vector<std::uint32_t> words(200);
  std::ranges::generate(words, random);
  for (std::size_t i = 0; i < count; ++i) {
    if (random() % 50 == 0)
      words.resize(100 + random() % 200, 5);
    for (auto changes = random() % 6; changes-- > 0;) {
      const auto added = random() % 2 == 0 ? (random() % 9) * 8 - 32 : random();
      for (auto at = random() % words.size(); at < words.size(); at += random() % 2 == 0 ? 3 : 97)
        words[at] += static_cast<std::uint32_t>(added);
    }
    auto bytes = offsets(random() % 4 == 0 ? std::endian::big : std::endian::little, words);
    bytes.resize(bytes.size() + random() % 2);
    kernels.push_back({{"x86_64", std::to_string(i), "ubuntu", "20.04"}, std::move(bytes), 0});
  }
  return kernels;
}

TEST(embed_bundle, blobs_come_back_from_their_differences) {
  auto kernels = varied_kernels(1500);
  const auto file = make_bundle_file(kernels);
  const char* problem = nullptr;
  const auto reader = embedded_btf_reader::open(file, problem);
  ASSERT_TRUE(reader) << problem;
  std::size_t size = 0;
  for (const auto& kernel : kernels) {
    const auto [first, behind] = reader->find("x86_64", kernel.identity.release);
    ASSERT_EQ(behind, first + 1);
    const auto blob = reader->blob(reader->kernel(first).blob);
    ASSERT_TRUE(blob);
    EXPECT_TRUE(std::ranges::equal(*blob, std::string(kernel.btf.begin(), kernel.btf.end())));
    size += kernel.btf.size();
  }
  EXPECT_LT(file.size(), size / 4);
}

TEST(embed_bundle, names_that_are_too_long_are_refused) {
  std::vector<bundled_kernel> kernels{{{"x86_64", std::string(2000, '5'), "", ""}, {1}, 0}};
  EXPECT_THROW(make_bundle_file(kernels), failure);
}

std::uint32_t number_at(const std::string& file, std::size_t offset) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(file[offset + i]);
  return number;
}

void put_number(std::string& file, std::size_t offset, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    file[offset + i] = static_cast<char>(number >> 8 * i);
}

std::string unpack(const std::string& packed, std::size_t size) {
  std::string content(size, '\0');
  z_stream stream{};
  inflateInit2(&stream, -MAX_WBITS);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(content.data());
  stream.avail_out = static_cast<uInt>(size);
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  return content;
}

std::string pack(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

std::string with_checksum(std::string file, std::size_t packed_size) {
  const std::string_view view = file;
  put_number(file, detail::embedded_checksum_offset,
             detail::embedded_checksum(
                 view.substr(detail::embedded_header_size, packed_size),
                 detail::embedded_checksum(view.substr(0, detail::embedded_checksum_offset))),
             8);
  return file;
}

// Returns the same file with another index. A file of one group may end with other content for that
// group.
std::string with_index(const std::string& file, const std::string& index) {
  const auto packed = pack(index);
  const auto data = file.substr(file.size() - number_at(file, 28));
  auto changed = file.substr(0, detail::embedded_header_size) + packed + data;
  put_number(changed, 20, index.size(), 4);
  put_number(changed, 24, packed.size(), 4);
  return with_checksum(changed, packed.size());
}

// Reads what a look-up of every kernel and blob reads. The values do not matter.
void read_all(const std::string& file) {
  const auto exact = std::make_unique<char[]>(file.size());
  std::ranges::copy(file, exact.get());
  const char* problem = nullptr;
  const auto reader = embedded_btf_reader::open({exact.get(), file.size()}, problem);
  if (!reader)
    return;
  for (std::uint32_t i = 0; i < reader->kernel_count(); ++i) {
    const auto kernel = reader->kernel(i);
    reader->find(kernel.architecture, kernel.release);
    reader->blob(kernel.blob);
  }
}

// Checksums find damage, not malice. Wrong numbers with right checksums must do no harm either.
TEST(embed_bundle, every_changed_byte_with_right_checksums_is_read_safely) {
  auto kernels = varied_kernels(12);
  const auto file = make_bundle_file(kernels);
  const auto packed_size = number_at(file, 24);
  for (std::size_t at = 8; at < detail::embedded_header_size + packed_size; ++at) {
    for (const int change : {0x01, 0x7f, 0xff}) {
      auto changed = file;
      changed[at] = static_cast<char>(changed[at] ^ change);
      read_all(with_checksum(std::move(changed), packed_size));
    }
  }
  const auto index =
      unpack(file.substr(detail::embedded_header_size, packed_size), number_at(file, 20));
  for (std::size_t at = 0; at < index.size(); ++at) {
    for (const int change : {0x01, 0x7f, 0x80, 0xff}) {
      auto changed = index;
      changed[at] = static_cast<char>(changed[at] ^ change);
      read_all(with_index(file, changed));
    }
  }
}

// The same for the content of a group, which is at the end of the file.
TEST(embed_bundle, every_changed_byte_of_a_blob_is_read_safely) {
  auto kernels = varied_kernels(4);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    kernels[i].btf.resize(200);
    kernels[i].btf[100] = static_cast<std::uint8_t>(i);
  }
  const auto file = make_bundle_file(kernels);
  const auto data = file.substr(file.size() - number_at(file, 28));
  const auto index =
      unpack(file.substr(detail::embedded_header_size, number_at(file, 24)), number_at(file, 20));
  // The group's entry: one byte for the number of blobs, two for each size, the checksum.
  const auto entry = index.size() - 13;
  const auto byte_at = [&index](std::size_t at) {
    return std::uint32_t{static_cast<unsigned char>(index[at])};
  };
  const auto size = (byte_at(entry + 1) & 0x7fU) | byte_at(entry + 2) << 7U;
  ASSERT_EQ(static_cast<unsigned char>(index[entry]), kernels.size());
  const auto content = unpack(data, size);
  std::size_t sound = 0;
  for (std::size_t at = 0; at < content.size(); ++at) {
    for (const int change : {0x01, 0x7f, 0x80, 0xff}) {
      auto changed = content;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const auto packed = pack(changed);
      auto changed_index = index;
      changed_index[entry + 3] = static_cast<char>(packed.size() | 0x80);
      changed_index[entry + 4] = static_cast<char>(packed.size() >> 7);
      put_number(changed_index, entry + 5, detail::embedded_checksum(packed), 8);
      auto changed_file = file.substr(0, file.size() - data.size()) + packed;
      put_number(changed_file, 28, packed.size(), 4);
      changed_file = with_index(changed_file, changed_index);
      const char* problem = nullptr;
      ASSERT_TRUE(embedded_btf_reader::open(changed_file, problem)) << at << problem;
      read_all(changed_file);
      ++sound;
    }
  }
  EXPECT_GT(sound, 800U);
}

TEST(embed_identity, of_paths) {
  const auto text = [](const char* path) { return kernel_identity_of_path(path).path_text(); };
  EXPECT_EQ(text("/a/ubuntu/20.04/x86_64/5.4.0-26-generic.btf.tar.xz"),
            "ubuntu/20.04/x86_64/5.4.0-26-generic");
  EXPECT_EQ(text("debian/10/aarch64/4.19.0.btf"), "debian/10/arm64/4.19.0");
  EXPECT_EQ(text("/x86_64/4.19.0.btf"), "-/-/x86_64/4.19.0");
  EXPECT_EQ(text("/boot/vmlinux-5.4.0"), "-/-/-/-");
  EXPECT_EQ(text("/a/b/c/5.4.0.btf"), "-/-/-/-");
}

TEST(embed_identity, of_text) {
  EXPECT_EQ(parse_kernel_identity("ubuntu:20.04:amd64:5.4.0").path_text(),
            "ubuntu/20.04/x86_64/5.4.0");
  EXPECT_EQ(parse_kernel_identity(":::5.4.0").path_text(), "-/-/-/5.4.0");
  for (const char* wrong : {"", "5.4.0", ":::", "a:b:x86_64:", "a:b:pdp11:5.4", "a:b:x86_64:5:4",
                            "a b:1:x86_64:5.4", "a:b:x86_64:5.4\n"})
    EXPECT_THROW(parse_kernel_identity(wrong), failure) << wrong;
}

// The index must know each directory name that `btf fetch running` uses for an architecture. It
// must give the same architecture as the types.
TEST(embed_identity, architecture_of_types_and_of_paths_agree) {
  for (const char* name : {"x86", "arm64", "arm", "riscv", "s390", "powerpc", "mips", "loongarch"})
    for (const std::uint32_t size : {4U, 8U})
      for (const auto order : {std::endian::little, std::endian::big}) {
        const auto in_paths = architecture_in_paths(name, size, order);
        EXPECT_EQ(kernel_identity_of_path("debian/12/" + in_paths + "/6.1.0.btf").architecture,
                  architecture_in_index(name, size, order));
        EXPECT_FALSE(architecture_in_index(name, size, order).empty()) << in_paths;
      }
  EXPECT_EQ(architecture_in_index("loongarch", 8, std::endian::little), "loongarch64");
  EXPECT_EQ(architecture_in_index("", 8, std::endian::little), "");
}

}  // namespace
}  // namespace ebpfkit::host::test
