// The file that is embedded: what the writer puts in, the reader finds, and damage is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "embed/bundle_file.hpp"
#include "embed/kernel_identity.hpp"
#include "input/architecture.hpp"
#include "runtime/embedded_btf.hpp"
#include "support/failure.hpp"

namespace ebpfkit::test {
namespace {

using detail::embedded_btf_reader;

bundled_kernel kernel(const char* identity, std::vector<std::uint8_t> btf) {
  return {parse_kernel_identity(identity), std::move(btf), 0};
}

std::string sample() {
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

// What a look-up gives, in a copy of the bytes that ends where memory that may be read ends.
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
  const auto file = sample();
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
  const auto file = sample();
  EXPECT_EQ(look_up(file, "x86_64", "6.12.0-own"), "");
  const char* problem = nullptr;
  const auto build = embedded_btf_reader::open(file, problem)->build_kernel();
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
  const auto file = sample();
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_EQ(look_up(file.substr(0, size), "x86_64", "4.19.0-5-amd64"), "damaged") << size;
  EXPECT_EQ(look_up(file + "x", "x86_64", "4.19.0-5-amd64"), "damaged");
}

TEST(embed_bundle, every_changed_byte_is_found_or_does_not_matter) {
  const auto file = sample();
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      auto changed = file;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const auto found = look_up(changed, "x86_64", "4.19.0-5-amd64");
      EXPECT_TRUE(found == "damaged" || found == "debian 10=45;") << at << ": " << found;
    }
  }
}

// Checksums find damage, not malice: with a right one, wrong offsets must still do no harm.
TEST(embed_bundle, every_changed_byte_with_a_right_checksum_is_read_safely) {
  const auto file = sample();
  for (std::size_t at = 8; at < file.size(); ++at) {
    for (const int change : {0x01, 0x7f, 0xff}) {
      auto changed = file;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const std::string_view view = changed;
      const auto index_size = file.size() - 6;
      const auto checksum = detail::embedded_checksum(
          view.substr(detail::embedded_header_size, index_size - detail::embedded_header_size),
          detail::embedded_checksum(view.substr(0, 32)));
      for (std::size_t i = 0; i < 8; ++i)
        changed[32 + i] = static_cast<char>(checksum >> 8 * i);
      look_up(changed, "x86_64", "4.19.0-5-amd64");
      look_up(changed, "x86_64", "5.4.0-42-generic");
    }
  }
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

// Both tables name architectures; what one takes for the same, the other does too.
TEST(embed_identity, aliases_agree) {
  for (const char* name : {"x86_64", "i386", "arm64", "arm", "riscv64", "s390x", "ppc64le", "ppc64",
                           "powerpc", "mips64el", "mipsel", "mips64", "mips", "loongarch64"}) {
    const auto indexed = detail::embedded_architecture(name);
    EXPECT_FALSE(indexed.empty()) << name;
    for (const auto& alias : architecture_aliases(name))
      EXPECT_EQ(detail::embedded_architecture(alias), indexed) << alias;
    EXPECT_FALSE(architecture_of_name(indexed).empty()) << indexed;
  }
}

}  // namespace
}  // namespace ebpfkit::test
