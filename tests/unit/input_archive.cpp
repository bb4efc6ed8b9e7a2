// Tar archives and packages of kernels.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "input/archive.hpp"
#include "input/decompress.hpp"
#include "input/package.hpp"
#include "input_fixtures.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host::input_test {
namespace {

using namespace std::string_literals;

std::string single_member(const bytes& archive, std::string* member = nullptr) {
  std::string name;
  memory_stream source(archive);
  const auto content = read_single_member(source, "a.tar", std::uint64_t{1} << 20, name);
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
  // A header without the magic number of later formats, and one whose archive is cut off.
  auto old = tar_entry("a", to_bytes("x"));
  std::fill_n(old.begin() + 257, 8, 0);
  std::fill_n(old.begin() + 148, 8, ' ');
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i)
    sum += old[i];
  const auto digits = fmt::format("{:06o}", sum);
  std::ranges::copy(digits, old.begin() + 148);
  EXPECT_TRUE(is_tar(old));
  EXPECT_EQ(single_member(old), "x");
  const auto extended = tar_entry("h", to_bytes(pax_record("path", "p")), 'x');
  EXPECT_TRUE(is_tar({extended.begin(), extended.begin() + 512}));
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
    single_member(
        tar_archive({tar_entry("one.btf", to_bytes("1")), tar_entry("two.btf", to_bytes("2"))}));
  });
  EXPECT_TRUE(contains(text, "'a.tar'")) << text;
  EXPECT_TRUE(contains(text, "'one.btf', 'two.btf'")) << text;
}

TEST(Tar, EscapesNamesInMessages) {
  const auto text = failure_text([] {
    single_member(
        tar_archive({tar_entry("\x1b[31m", to_bytes("1")), tar_entry("b", to_bytes("2"))}));
  });
  EXPECT_TRUE(contains(text, "\\x1b[31m")) << text;
}

TEST(Tar, ArchiveWithoutContentIsAnError) {
  for (const auto& entry : {tar_entry("d/", {}, '5'), tar_entry("empty.btf", {})})
    EXPECT_TRUE(contains(failure_text([&] { single_member(tar_archive({entry})); }),
                         "no file with content"));
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
  // The size in the entry's own header says nothing.
  auto entry = tar_entry("x", to_bytes("text"));
  std::string member;
  EXPECT_EQ(single_member(tar_archive({tar_entry("pax_global", to_bytes(pax_record("k", "v")), 'g'),
                                       tar_entry("PaxHeader", to_bytes(records), 'x'), entry}),
                          &member),
            "text");
  EXPECT_EQ(member, "long/name.btf");
}

TEST(Tar, NamesOfAnyCharacterSet) {
  const auto extended = [](const std::string& path) {
    return tar_archive({tar_entry("h", to_bytes(pax_record("path", path)), 'x'),
                        tar_entry("short", to_bytes("text"))});
  };
  std::string member;
  EXPECT_EQ(single_member(extended("k\xc3\xb6r.btf"), &member), "text");
  EXPECT_EQ(member, "k\xc3\xb6r.btf");
  EXPECT_EQ(single_member(tar_archive({tar_entry("\xff.btf", to_bytes("text"))}), &member), "text");
  EXPECT_EQ(member, "\xff.btf");
  EXPECT_TRUE(contains(failure_text([&] { single_member(extended("\xff.btf")); }), "'a.tar'"));
}

TEST(Tar, RefusesBadRecords) {
  for (const auto& records : {std::string("999 path=x\n"), std::string("9 pathx\n"),
                              std::string("x"), pax_record("size", "-1")})
    EXPECT_NE(failure_text([&] {
                single_member(tar_archive(
                    {tar_entry("h", to_bytes(records), 'x'), tar_entry("a", to_bytes("text"))}));
              }),
              "")
        << records;
}

bytes sparse_tar(const std::string& size, const std::string& offset) {
  const auto records =
      pax_record("GNU.sparse.size", size) + pax_record("GNU.sparse.numblocks", "1") +
      pax_record("GNU.sparse.offset", offset) + pax_record("GNU.sparse.numbytes", "4");
  return tar_archive(
      {tar_entry("h", to_bytes(records), 'x'), tar_entry("holes.btf", to_bytes("text"))});
}

TEST(Tar, HolesAreZeros) {
  EXPECT_EQ(single_member(sparse_tar("9", "3")), "\0\0\0text\0\0"s);
}

TEST(Tar, HolesCountAgainstTheLimit) {
  for (const auto& [size, offset] : {std::pair("8000000000000000000", "7000000000000000000"),
                                     std::pair("8000000000000000000", "0")}) {
    const auto archive = sparse_tar(size, offset);
    memory_stream source(archive);
    archive_reader reader(source, archive_kind::tar, "a.tar");
    // Newer versions of libarchive refuse such a map of holes already when they come to the member.
    const auto text = failure_text([&] {
      EXPECT_TRUE(reader.next());
      reader.content(1 << 20);
    });
    EXPECT_TRUE(
        contains(text, "'a.tar': 'holes.btf' in the tar archive has more than 1 MiB") ||
        contains(text, "'a.tar': the tar archive is truncated or damaged (Malformed sparse"))
        << text << size << ' ' << offset;
  }
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

struct file {
  std::string name;
  std::string content;
};

// Makes packages of both formats, with names as dpkg and rpm write them.
struct kernel_text {
  std::string content;
  std::string member_name;
  std::string distribution;
};

kernel_text read_packaged_kernel(const bytes& package, const std::string& name) {
  memory_stream source(package);
  lookahead_stream ahead(source);
  const auto kernel = open_packaged_kernel(ahead, name, std::make_shared<decoder_memory>());
  return {to_text(read_all(*kernel.content, 1000)), kernel.member_name, kernel.distribution};
}

struct package_maker {
  std::string_view format;
  std::function<bytes(const std::vector<file>&)> archive;
  std::function<bytes(const bytes&)> package;
};

const std::vector<package_maker>& package_makers() {
  static const auto make = [](const std::vector<file>& files, const auto& entry) {
    std::vector<bytes> entries;
    for (const auto& [name, content] : files)
      entries.push_back(entry(name, to_bytes(content)));
    return entries;
  };
  static const std::vector<package_maker> all = {
      {"deb",
       [](const std::vector<file>& files) {
         return tar_archive(make(files, [](const std::string& name, const bytes& content) {
           return tar_entry(name, content, content.empty() ? '5' : '0');
         }));
       },
       [](const bytes& payload) { return debian_package(payload); }},
      {"rpm",
       [](const std::vector<file>& files) {
         return cpio_archive(make(files, [](const std::string& name, const bytes& content) {
           return cpio_entry(name, content, content.empty() ? 040755 : 0100644);
         }));
       },
       [](const bytes& payload) { return rpm_package(payload); }}};
  return all;
}

const std::vector<file> package_files = {{"./boot/", ""},
                                         {"./boot/config-6.1", "no"},
                                         {"./boot/vmlinux-gdb.py", "no"},
                                         {"./usr/share/vmlinuz", "no"},
                                         {"./boot/vmlinuz-6.0", ""},
                                         {"./boot/vmlinuz-6.1.0-1-amd64", "kernel"},
                                         {"./boot/vmlinuz-6.2.0-1-amd64", "no"}};

TEST(Package, FindsTheKernel) {
  for (const auto& maker : package_makers()) {
    const auto read = [&](const bytes& payload) {
      const auto package = maker.package(payload);
      EXPECT_EQ(package_format(package), maker.format);
      const auto kernel = read_packaged_kernel(package, "k");
      EXPECT_EQ(kernel.content, "kernel");
      EXPECT_EQ(kernel.member_name, "./boot/vmlinuz-6.1.0-1-amd64");
    };
    const auto archive = maker.archive(package_files);
    read(archive);
    for (const auto& codec : codecs())
      read(codec.compress(archive));
  }
  EXPECT_EQ(package_format(to_bytes("text")), "");
}

TEST(Package, OtherPlaces) {
  for (const auto& maker : package_makers()) {
    for (const char* path :
         {"usr/lib/modules/7.2/vmlinuz", "usr/lib/debug/boot/vmlinux-6.1.0-1-amd64",
          "./usr/lib/debug/lib/modules/6.1/vmlinux", "/boot/vmlinuz-6.1",
          "./lib/modules/6.11.4-301.fc41.x86_64/vmlinuz"}) {
      const auto payload = compress_zstd(maker.archive({{path, "kernel"}}));
      EXPECT_EQ(read_packaged_kernel(maker.package(payload), "k").content, "kernel") << path;
    }
  }
}

TEST(Package, ContentOfLinkedFilesIsAtTheLastName) {
  const auto payload =
      cpio_archive({cpio_entry("./lib/modules/6.1/vmlinuz", {}, 0100644, 2),
                    cpio_entry("./boot/vmlinuz-6.1", to_bytes("kernel"), 0100644, 2)});
  const auto kernel = read_packaged_kernel(rpm_package(payload), "k.rpm");
  EXPECT_EQ(kernel.content, "kernel");
  EXPECT_EQ(kernel.member_name, "./boot/vmlinuz-6.1");
}

TEST(Package, TellsItsDistribution) {
  const auto data = tar_archive({tar_entry("./boot/vmlinuz-6.1", to_bytes("kernel"))});
  const auto of_deb = [&](const std::string& fields) {
    const auto control = compress_xz(tar_archive({tar_entry("./control", to_bytes(fields))}));
    return read_packaged_kernel(debian_package(data, "data.tar", control), "k").distribution;
  };
  EXPECT_EQ(of_deb("Package: linux-image-6.1.0-42-amd64\nVersion: 6.1.158-1\n"
                   "Maintainer: Debian Kernel Team <x@y>\n"),
            "debian/6.1.158-1");
  EXPECT_EQ(of_deb("Version: 1:5.15.0-25.25~22.04+x\r\nMaintainer: Ubuntu Kernel Team\n"),
            "ubuntu/1:5.15.0-25.25~22.04+x");
  EXPECT_EQ(of_deb("Version: 6.6 \x1b*\nMaintainer: Somebody\n"), "linux/6.6___");
  EXPECT_EQ(of_deb("Version: 6.6/../..\nMaintainer: Somebody\n"), "");
  EXPECT_EQ(of_deb("Version: ..\nMaintainer: Debian\n"), "");
  EXPECT_EQ(of_deb("Package-Version: 6.6\nMaintainer: Debian\n"), "");
  EXPECT_EQ(
      read_packaged_kernel(debian_package(data, "data.tar", to_bytes("damaged")), "k").distribution,
      "");

  const auto files = cpio_archive({cpio_entry("./boot/vmlinuz-6.1", to_bytes("kernel"), 0100644)});
  const auto of_rpm = [&](const std::string& name) {
    return read_packaged_kernel(rpm_package(files, name), "k").distribution;
  };
  EXPECT_EQ(of_rpm("kernel-core-6.8.5-301.fc40"), "fedora/40");
  EXPECT_EQ(of_rpm("kernel-core-5.14.0-427.13.1.el9_4"), "el/9");
  EXPECT_EQ(of_rpm("kernel-6.1.82-99.168.amzn2023"), "amzn/2023");
  EXPECT_EQ(of_rpm("kernel-default-6.4.0-150600.21.2"), "linux/6.4.0-150600.21.2");
  EXPECT_EQ(of_rpm("kernel-core-6.8.5-301.fc"), "linux/6.8.5-301.fc");
  EXPECT_EQ(of_rpm(std::string(66, 'x')), "");
  EXPECT_EQ(of_rpm("kernel"), "");
  EXPECT_EQ(of_rpm(""), "");
}

TEST(Package, WithoutKernelNamesThePackageThatHasIt) {
  const auto message = [](const std::string& fields) {
    const auto control = tar_archive({tar_entry("./md5sums", to_bytes("Depends: linux-image-1")),
                                      tar_entry("./control", to_bytes(fields))});
    const auto data = tar_archive({tar_entry("./usr/share/doc/copyright", to_bytes("x"))});
    try {
      read_packaged_kernel(debian_package(data, "data.tar", compress_xz(control)), "k.deb");
    } catch (const ebpfkit::host::failure& error) {
      return std::string(error.what()) + "\n" + error.remedy();
    }
    return std::string("no failure");
  };
  const std::string start = "Package: linux-image-6.19.2-amd64\n";
  for (const auto& [depends, needed] :
       {std::pair("Depends: kmod, linux-binary-6.19.2-amd64 (= 6.19.2-1), linux-image-x\n",
                  "Name that package: linux-binary-6.19.2-amd64."),
        std::pair("Depends: linux-image-6.1.0-18-amd64", "package: linux-image-6.1.0-18-amd64."),
        std::pair("Pre-Depends: linux-binary-7.2-arm64:arm64 | x\nDepends: kmod\n",
                  "package: linux-binary-7.2-arm64."),
        std::pair("Depends: kmod\n", "Name the package with the image: "),
        std::pair("Suggests: linux-binary-7.2\n", "Name the package with the image: ")}) {
    const auto text = message(start + depends);
    EXPECT_TRUE(contains(text, "'k.deb': the package has no kernel")) << text;
    EXPECT_TRUE(contains(text, needed)) << text;
  }
}

TEST(Package, TellsWhatIsWrong) {
  const auto read = [&](const bytes& package) {
    return failure_text([&] { read_packaged_kernel(package, "k.x"); });
  };
  for (const auto& maker : package_makers()) {
    const auto archive = maker.archive(package_files);
    const auto packed = compress_xz(archive);
    const auto cut = read(maker.package({packed.begin(), packed.end() - 30}));
    EXPECT_TRUE(contains(cut, "'k.x': the xz data")) << cut;
    const auto short_archive = read(maker.package({archive.begin(), archive.begin() + 600}));
    EXPECT_TRUE(contains(short_archive, "archive is truncated or damaged")) << short_archive;
    EXPECT_TRUE(contains(read(maker.package(maker.archive({{"a", "x"}}))), "no kernel"));
  }
  for (const auto& package : {debian_package({}, "other"), to_bytes("!<arch>\ndebian-binary")})
    EXPECT_TRUE(contains(read(package), "'k.x': the package is truncated or has no files"))
        << read(package);
  EXPECT_TRUE(contains(read(rpm_package({})), "rpm package is truncated"));
  auto package = debian_package(compress_xz(package_makers()[0].archive(package_files)));
  package.resize(package.size() - 20);
  EXPECT_TRUE(contains(read(package), "ar archive is truncated"));
  package = rpm_package({});
  package[96] ^= 1;
  EXPECT_TRUE(contains(read(package), "rpm package is truncated or damaged"));
  EXPECT_TRUE(contains(read(debian_package(to_bytes("no tar"))), "tar archive is truncated"));
  for (const auto& payload : {"07070X00000000", "BZh91AY&SY"}) {
    const auto text = read(rpm_package(compress_zstd(to_bytes(payload))));
    EXPECT_TRUE(contains(text, "not a cpio archive") && contains(text, "rpm2archive")) << text;
  }
}

TEST(Package, SurvivesDamage) {
  for (const auto& maker : package_makers()) {
    for (const auto& payload : {maker.archive({{"./boot/vmlinuz-6.1", "kernel"}}),
                                compress_gzip(maker.archive(package_files))})
      survive_damage(maker.package(payload),
                     [](const bytes& damaged) { read_packaged_kernel(damaged, "k"); });
  }
}

}  // namespace
}  // namespace ebpfkit::host::input_test
