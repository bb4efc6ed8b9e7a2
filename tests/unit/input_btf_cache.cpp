#include <cstddef>
#include <string>
#include <string_view>

#include "input/btf_cache.hpp"

#include <gtest/gtest.h>

#include "input/btf_fetch.hpp"
#include "input_fixtures.hpp"

namespace ebpfkit::host::input_test {
namespace {

class BtfCache : public testing::Test {
 protected:
  BtfCache() {
    for (const char* name :
         {"ubuntu/22.04/arm64/5.15.0-25-generic.btf.tar.xz",
          "ubuntu/22.04/x86_64/5.15.0-25-generic.btf.tar.xz",
          "ubuntu/22.04/x86_64/5.15.0-27-generic.btf.xz",
          "ubuntu/22.04/x86_64/5.15.0-27-lowlatency.btf.xz",
          "ubuntu/20.04/x86_64/5.4.0-26-generic.btf", "debian/12/x86_64/6.1.0-18-amd64.btf.zst",
          "openwrt/23.05/aarch64/5.15.167.btf", "openwrt/23.05/aarch64/5.15.16.btf.gz",
          "notes.txt"})
      directory_.write(name, to_bytes("x"));
  }

  std::string find(std::string_view name) const {
    return find_cached_btf(directory_.path(), name).lexically_relative(directory_.path()).string();
  }
  std::string failure_of(std::string_view name) const {
    return failure_text([&] { find(name); });
  }

  temporary_directory directory_;
};

TEST_F(BtfCache, FindsExactNames) {
  EXPECT_EQ(find("openwrt/23.05/aarch64/5.15.167.btf"), "openwrt/23.05/aarch64/5.15.167.btf");
  EXPECT_EQ(find("openwrt/23.05/aarch64/5.15.167"), "openwrt/23.05/aarch64/5.15.167.btf");
  EXPECT_EQ(find("openwrt/23.05/aarch64/5.15.16.btf"), "openwrt/23.05/aarch64/5.15.16.btf.gz");
  EXPECT_EQ(find("debian/12/x86_64/6.1.0-18-amd64"), "debian/12/x86_64/6.1.0-18-amd64.btf.zst");
  EXPECT_EQ(find("ubuntu/22.04/arm64/5.15.0-25-generic"),
            "ubuntu/22.04/arm64/5.15.0-25-generic.btf.tar.xz");
}

TEST_F(BtfCache, FindsTheOneThatGoesOn) {
  EXPECT_EQ(find("ubuntu/22.04/arm64/5.15.0-25"),
            "ubuntu/22.04/arm64/5.15.0-25-generic.btf.tar.xz");
  EXPECT_EQ(find("ubuntu/22.04/arm64/5.15.0-25.btf"),
            "ubuntu/22.04/arm64/5.15.0-25-generic.btf.tar.xz");
  // "-2" must not find "-25".
  EXPECT_TRUE(contains(failure_of("ubuntu/22.04/arm64/5.15.0-2"), "there is no"));
}

TEST_F(BtfCache, ListsSeveral) {
  const auto text = failure_of("ubuntu/22.04/x86_64/5.15.0-27");
  EXPECT_TRUE(contains(text, "5.15.0-27-generic.btf.xz")) << text;
  EXPECT_TRUE(contains(text, "5.15.0-27-lowlatency.btf.xz")) << text;
}

TEST_F(BtfCache, ArchitectureAliases) {
  EXPECT_EQ(find("ubuntu/22.04/aarch64/5.15.0-25"),
            "ubuntu/22.04/arm64/5.15.0-25-generic.btf.tar.xz");
  EXPECT_EQ(find("openwrt/23.05/arm64/5.15.167"), "openwrt/23.05/aarch64/5.15.167.btf");
  for (const char* alias : {"amd64", "x86", "x86_64"})
    EXPECT_EQ(find("debian/12/" + std::string(alias) + "/6.1.0-18-amd64"),
              "debian/12/x86_64/6.1.0-18-amd64.btf.zst");
}

TEST_F(BtfCache, TellsTheNearest) {
  const auto text = failure_of("ubuntu/22.04/amd64/5.15.0-28-generic");
  const auto nearest = text.find("Nearest are: 'ubuntu/22.04/x86_64/5.15.0-25-generic'");
  EXPECT_NE(nearest, std::string::npos) << text;
  // The same architecture of another distribution comes before another architecture.
  const auto names = nearest_cached_names(directory_.path(), "ubuntu/22.04/amd64/5.15.0-28", 9);
  ASSERT_EQ(names.size(), 8U);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_TRUE(names[i].starts_with("ubuntu/") && contains(names[i], "/x86_64/")) << names[i];
  EXPECT_EQ(names[4], "debian/12/x86_64/6.1.0-18-amd64");
  EXPECT_EQ(names[5], "ubuntu/22.04/arm64/5.15.0-25-generic");
  EXPECT_EQ(nearest_cached_names(directory_.path(), "ubuntu/22.04/amd64/5.15", 5).size(), 5U);
}

TEST_F(BtfCache, RefusesNamesThatLeaveIt) {
  for (const char* name :
       {"", "/etc/passwd", "../x", "a/../../b", "a//b", "a/", ".", "a b", "a\nb"})
    EXPECT_TRUE(contains(failure_of(name), "is not a name of BTF")) << name;
}

TEST_F(BtfCache, WordsAreFilesOrNames) {
  const auto name = directory_.path() / "openwrt/23.05/aarch64/5.15.167.btf";
  EXPECT_EQ(find_btf_file("openwrt/23.05/aarch64/5.15.167", directory_.path()), name);
  // A file needs no cache. Neither does a path that cannot be a name.
  EXPECT_EQ(find_btf_file(name, "/nowhere"), name);
  EXPECT_EQ(find_btf_file("/nowhere/x.btf", directory_.path()), "/nowhere/x.btf");
  EXPECT_EQ(find_btf_file("../x.btf", directory_.path()), "../x.btf");
  const auto text = failure_text([&] { find_btf_file("openwrt/23.05/mips", directory_.path()); });
  EXPECT_TRUE(contains(text, "'openwrt/23.05/mips' is no file, and there is no")) << text;
  EXPECT_TRUE(contains(text, "Nearest are")) << text;
}

TEST(BtfCacheDirectory, EmptyOrMissing) {
  const temporary_directory directory;
  EXPECT_TRUE(contains(failure_text([&] { find_cached_btf(directory.path(), "a/b"); }),
                       "The cache is empty"));
  EXPECT_TRUE(contains(failure_text([&] { find_cached_btf(directory.path() / "none", "a/b"); }),
                       "there is no BTF cache"));
}

TEST(Distribution, FromOsRelease) {
  EXPECT_EQ(distribution_path("NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n"), "debian/12");
  EXPECT_EQ(distribution_path("ID=arch\n"), "arch/rolling");
  EXPECT_EQ(distribution_path("ID_LIKE=x\nID='../..'\nVERSION_ID=a/b"), "linux/rolling");
  EXPECT_EQ(distribution_path(""), "linux/rolling");
}

}  // namespace
}  // namespace ebpfkit::host::input_test
