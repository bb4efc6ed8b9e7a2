// Tar archives and Debian packages.
#include <gtest/gtest.h>

#include "input/decompress.hpp"
#include "input/package.hpp"
#include "input/tar.hpp"
#include "input_fixtures.hpp"

namespace ebpfkit::input_test {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string single_member(const bytes& archive, std::string* member = nullptr) {
  std::string name;
  const auto content = read_single_member(archive, "a.tar", name);
  if (member != nullptr)
    *member = name;
  return to_text(content);
}

std::string pax_record(const std::string& key, const std::string& value) {
  const auto rest = " " + key + "=" + value + "\n";
  auto length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length)
    ++length;
  return std::to_string(length) + rest;
}

TEST(Tar, TellsArchives) {
  EXPECT_TRUE(is_tar(tar_archive({tar_entry("a", to_bytes("x"))})));
  EXPECT_FALSE(is_tar(bytes(1024)));
  EXPECT_FALSE(is_tar(bytes(1024, 'x')));
  EXPECT_FALSE(is_tar({}));
}

TEST(Tar, TakesTheOnlyRegularMember) {
  std::string member;
  const auto archive =
      tar_archive({tar_entry("dir/", {}, '5'), tar_entry("dir/link", {}, '2'),
                   tar_entry("dir/5.4.0-26-generic.btf", to_bytes("content"), '0')});
  EXPECT_EQ(single_member(archive, &member), "content");
  EXPECT_EQ(member, "dir/5.4.0-26-generic.btf");
}

TEST(Tar, TakesTheOnlyBtfAmongSeveral) {
  EXPECT_EQ(single_member(tar_archive({tar_entry("README", to_bytes("text")),
                                       tar_entry("k.btf", to_bytes("btf")),
                                       tar_entry("z", bytes(2000, 'z'))})),
            "btf");
}

TEST(Tar, ListsSeveralMembers) {
  const auto text = failure_text([] {
    single_member(tar_archive({tar_entry("one.btf", {}), tar_entry("two.btf", {})}));
  });
  EXPECT_TRUE(contains(text, "'a.tar'")) << text;
  EXPECT_TRUE(contains(text, "'one.btf', 'two.btf'")) << text;
}

TEST(Tar, EscapesNamesInMessages) {
  const auto text = failure_text([] {
    single_member(tar_archive({tar_entry("\x1b[31m", {}), tar_entry("b", {})}));
  });
  EXPECT_TRUE(contains(text, "\\x1b[31m")) << text;
}

TEST(Tar, EmptyArchiveIsAnError) {
  EXPECT_TRUE(contains(failure_text([] { single_member(tar_archive({tar_entry("d/", {}, '5')})); }),
                       "no regular file"));
}

TEST(Tar, MissingEndBlocksAreAccepted) {
  EXPECT_EQ(single_member(tar_entry("a", to_bytes("text"))), "text");
}

TEST(Tar, GnuLongNames) {
  const std::string name(180, 'n');
  std::string member;
  EXPECT_EQ(single_member(tar_archive({tar_entry("././@LongLink", to_bytes(name + '\0'), 'L'),
                                       tar_entry("short", to_bytes("text"))}),
                          &member),
            "text");
  EXPECT_EQ(member, name);
}

TEST(Tar, PaxNamesAndSizes) {
  const auto records =
      pax_record("mtime", "1.5") + pax_record("path", "long/name.btf") + pax_record("size", "4");
  // The header's own size says nothing.
  auto entry = tar_entry("x", to_bytes("text"));
  std::string member;
  EXPECT_EQ(single_member(tar_archive({tar_entry("pax_global", to_bytes(pax_record("k", "v")), 'g'),
                                       tar_entry("PaxHeader", to_bytes(records), 'x'), entry}),
                          &member),
            "text");
  EXPECT_EQ(member, "long/name.btf");
}

TEST(Tar, RefusesSparseMembersAndBadRecords) {
  EXPECT_TRUE(contains(
      failure_text([] { single_member(tar_archive({tar_entry("holes", to_bytes("x"), 'S')})); }),
      "sparse"));
  for (const auto& records :
       {pax_record("GNU.sparse.major", "1"), std::string("999 path=x\n"), std::string("9 pathx\n"),
        std::string("x"), std::string("3 \n"), pax_record("size", "-1")})
    EXPECT_NE(failure_text([&] {
                single_member(tar_archive(
                    {tar_entry("h", to_bytes(records), 'x'), tar_entry("a", to_bytes("text"))}));
              }),
              "")
        << records;
}

TEST(Tar, TellsTruncationAndDamage) {
  const auto archive = tar_archive({tar_entry("a", bytes(5000, 'x'))});
  EXPECT_TRUE(contains(failure_text([&] {
                         single_member({archive.begin(), archive.begin() + 3000});
                       }),
                       "truncated"));
  auto damaged = tar_archive({tar_entry("a", {}), tar_entry("b", {})});
  damaged[512] ^= 1;
  EXPECT_TRUE(contains(failure_text([&] { single_member(damaged); }), "checksum"));
}

TEST(Tar, PromisedSizesAreNotAllocated) {
  auto entry = tar_entry("a", to_bytes("text"));
  const auto records = pax_record("size", "18446744073709551615");
  EXPECT_NE(failure_text([&] {
              single_member(tar_archive({tar_entry("h", to_bytes(records), 'x'), entry}));
            }),
            "");
  const auto large = pax_record("size", "1000000000000");
  EXPECT_NE(failure_text([&] {
              single_member(tar_archive({tar_entry("h", to_bytes(large), 'x'), entry}));
            }),
            "");
}

TEST(Tar, SurvivesDamage) {
  survive_damage(tar_archive({tar_entry("h", to_bytes(pax_record("path", "p")), 'x'),
                              tar_entry("a", to_bytes("text"))}),
                 [](const bytes& damaged) { single_member(damaged); });
}

bytes package_files() {
  return tar_archive({tar_entry("./boot/", {}, '5'), tar_entry("./boot/config-6.1", to_bytes("no")),
                      tar_entry("./boot/vmlinux-gdb.py", to_bytes("no")),
                      tar_entry("./usr/share/vmlinuz", to_bytes("no")),
                      tar_entry("./boot/vmlinuz-6.1.0-1-amd64", to_bytes("kernel")),
                      tar_entry("./boot/vmlinuz-6.2.0-1-amd64", to_bytes("no"))});
}

TEST(Package, FindsTheKernel) {
  for (const auto& codec : codecs()) {
    std::string member;
    const auto package = debian_package(codec.compress(package_files()));
    ASSERT_TRUE(is_debian_package(package));
    EXPECT_EQ(to_text(read_packaged_kernel(package, "k.deb", member)), "kernel");
    EXPECT_EQ(member, "./boot/vmlinuz-6.1.0-1-amd64");
  }
  std::string member;
  EXPECT_EQ(to_text(read_packaged_kernel(debian_package(package_files(), "data.tar"), "k", member)),
            "kernel");
}

TEST(Package, OtherPlaces) {
  for (const char* path :
       {"usr/lib/modules/7.2/vmlinuz", "usr/lib/debug/boot/vmlinux-6.1.0-1-amd64",
        "./usr/lib/debug/lib/modules/6.1/vmlinux", "/boot/vmlinuz-6.1"}) {
    std::string member;
    const auto data = compress_xz(tar_archive({tar_entry(path, to_bytes("kernel"))}));
    EXPECT_EQ(to_text(read_packaged_kernel(debian_package(data), "k.deb", member)), "kernel")
        << path;
  }
}

TEST(Package, TellsWhatIsWrong) {
  std::string member;
  const auto read = [&](const bytes& package) {
    return failure_text([&] { read_packaged_kernel(package, "k.deb", member); });
  };
  EXPECT_TRUE(contains(read(debian_package(tar_archive({tar_entry("a", {})}))), "no kernel"));
  EXPECT_TRUE(contains(read(debian_package({}, "other")), "no data.tar"));
  EXPECT_TRUE(contains(read(to_bytes("!<arch>\ndebian-binary")), "truncated"));
  auto package = debian_package(compress_xz(package_files()));
  package.resize(package.size() - 20);
  EXPECT_TRUE(contains(read(package), "truncated"));
}

TEST(Package, SurvivesDamage) {
  survive_damage(debian_package(compress_gzip(package_files())), [](const bytes& damaged) {
    std::string member;
    read_packaged_kernel(damaged, "k.deb", member);
  });
}

}  // namespace
}  // namespace ebpfkit::input_test
