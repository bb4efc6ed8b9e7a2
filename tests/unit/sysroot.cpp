// The parts of `ebpfkit sysroot` that need neither a compiler nor a network.
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host_support.hpp"
#include "packages/apt_packages.hpp"
#include "packages/extract.hpp"
#include "support/fact_digest.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"
#include "sysroot/cross_compiler.hpp"
#include "sysroot/manifest.hpp"
#include "sysroot/recipe.hpp"
#include "sysroot/source_tree.hpp"
#include "sysroot/targets.hpp"
#include "temporary_directory.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;
using ebpfkit::test::temporary_directory;
using test::failure_of;
using test::text_of;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(sysroot_targets, have_both_names) {
  EXPECT_EQ(find_target("aarch64").triple, "aarch64-linux-musl");
  EXPECT_EQ(&find_target("openwrt-mips"), &find_target("mips"));
  EXPECT_THAT(find_target("mips").flag_words(), ElementsAre("-march=mips32r2", "-msoft-float"));
  EXPECT_EQ(musl_architecture(find_target("mipsel")), "mips");
  EXPECT_THAT(failure_of([] { find_target("openwrt-arch64"); }), HasSubstr("nearest: aarch64"));
  EXPECT_THAT(failure_of([] { find_target("z80"); }), HasSubstr("Targets are: aarch64, x86_64"));
}

// Debian's MIPS has a floating-point unit.
TEST(sysroot_targets, packages_only_where_the_abi_fits) {
  for (const auto& target : targets())
    EXPECT_EQ(has_usable_packages(target),
              target.name == "aarch64" || target.name == "x86_64" || target.name == "armv7")
        << target.name;
}

TEST(sysroot_digest, facts_do_not_run_together) {
  const auto digest = [](const std::vector<std::pair<std::string, std::string>>& facts) {
    fact_digest made;
    for (const auto& [label, value] : facts)
      made.add(label, value);
    return made.hex();
  };
  const std::set<std::string> all{digest({{"a", "bc"}}), digest({{"ab", "c"}}),
                                  digest({{"a", "b"}, {"", "c"}}), digest({{"a", "b\n1 c1:d"}}),
                                  digest({{"a", ""}, {"bc", ""}})};
  EXPECT_EQ(all.size(), 5U);
  EXPECT_EQ(digest({{"a", "b"}}), digest({{"a", "b"}}));
}

TEST(sysroot_digest, of_a_file) {
  const temporary_directory directory;
  const auto path = directory.write("abc", "abc");
  EXPECT_EQ(sha256_of_file(path),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_THAT(failure_of([&] { sha256_of_file(directory / "missing"); }),
              HasSubstr("No such file"));
}

struct tar_member {
  std::string name;
  std::string content;
  std::string symbolic_link;
  std::string hard_link;
  bool is_executable = false;
};

// Writes a compressed tar archive.
fs::path write_archive(const fs::path& path, const std::vector<tar_member>& members) {
  archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  archive_write_add_filter_gzip(writer);
  archive_write_open_filename(writer, path.c_str());
  for (const auto& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_perm(entry, member.is_executable ? 0755 : 0644);
    archive_entry_set_filetype(entry, AE_IFREG);
    if (!member.symbolic_link.empty()) {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, member.symbolic_link.c_str());
    } else if (!member.hard_link.empty()) {
      archive_entry_set_hardlink(entry, member.hard_link.c_str());
    }
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    archive_write_header(writer, entry);
    archive_write_data(writer, member.content.data(), member.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return path;
}

class sysroot_extraction : public testing::Test {
 protected:
  std::string extract(const std::vector<tar_member>& members) const {
    return failure_of(
        [&] { extract_archive(write_archive(directory_ / "a.tar.gz", members), to_, all_); });
  }

  temporary_directory directory_;
  fs::path to_ = make(directory_ / "to");
  member_filter all_ = [](std::string_view) { return true; };

 private:
  static fs::path make(const fs::path& path) {
    fs::create_directories(path);
    return path;
  }
};

TEST_F(sysroot_extraction, makes_the_wanted_files) {
  const auto archive =
      write_archive(directory_ / "a.tar.gz", {{"./top/src/a.c", "a", {}, {}},
                                              {"./top/doc/b", "b", {}, {}},
                                              {"./top/src/c.c", {}, {}, "top/src/a.c"},
                                              {"./top/src/link", {}, "a.c", {}}});
  extract_archive(archive, to_, [](std::string_view path) {
    return without_first_directory(path).starts_with("src/");
  });
  EXPECT_EQ(text_of(to_ / "top/src/a.c"), "a");
  EXPECT_EQ(text_of(to_ / "top/src/c.c"), "a");
  EXPECT_FALSE(fs::exists(to_ / "top/doc"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(to_ / "top/src/link")));
}

TEST_F(sysroot_extraction, refuses_names_and_links_that_lead_out) {
  const std::string outside = (directory_ / "outside").string();
  const std::vector<std::vector<tar_member>> hostile{
      {{"../outside", "x", {}, {}}},
      {{"top/../../outside", "x", {}, {}}},
      {{outside, "x", {}, {}}},
      {{"top/link", {}, "/etc/passwd", {}}},
      {{"top/link", {}, "../../outside", {}}},
      {{"top/link", {}, {}, "../outside"}},
      {{"top/link", {}, {}, outside}},
  };
  directory_.write("outside", "old");
  for (const auto& members : hostile) {
    EXPECT_THAT(extract(members), HasSubstr("is refused")) << members.front().name;
    EXPECT_EQ(text_of(directory_ / "outside"), "old");
  }
}

// The first member would be a link to a directory outside, and the second would be written through
// it.
TEST_F(sysroot_extraction, writes_through_no_link) {
  const auto result = extract({{"top/sub", {}, ".", {}}, {"top/sub/file", "x", {}, {}}});
  EXPECT_EQ(result, "no failure");
  EXPECT_EQ(text_of(to_ / "top/sub/file"), "x");
  EXPECT_FALSE(fs::is_symlink(to_ / "top/sub"));
}

// The kernel's sources have links, and its build runs scripts.
TEST_F(sysroot_extraction, a_source_tree_keeps_scripts_and_links) {
  const auto archive = write_archive(directory_ / "a.tar.gz", {{"top/link", {}, "dir/file", {}},
                                                               {"top/dir/file", "x", {}, {}},
                                                               {"top/up", {}, "dir/../run", {}},
                                                               {"top/run", "y", {}, {}, true}});
  const auto all = [](std::string_view) { return true; };
  extract_source_tree(archive, to_, all);
  EXPECT_EQ(fs::read_symlink(to_ / "top/link"), "dir/file");
  EXPECT_EQ(text_of(to_ / "top/up"), "y");
  const auto is_executable = [&](std::string_view name) {
    return (fs::status(to_ / "top" / name).permissions() & fs::perms::owner_exec) !=
           fs::perms::none;
  };
  EXPECT_TRUE(is_executable("run"));
  EXPECT_FALSE(is_executable("dir/file"));

  // The second link would be made outside, because the first leads one level higher than it seems.
  const auto hostile = write_archive(directory_ / "b.tar.gz",
                                     {{"a/b/c", {}, "../../d", {}}, {"a/b/c/x", {}, "y", {}}});
  EXPECT_THAT(failure_of([&] { extract_source_tree(hostile, to_, all); }),
              HasSubstr("'a/b/c/x' is refused: it is a link below another link"));
  // A file stands in the link's place only until the link is made, and nothing is written through.
  const auto replaced =
      write_archive(directory_ / "c.tar.gz", {{"s", {}, "top", {}}, {"s/new", "z", {}, {}}});
  EXPECT_NE(failure_of([&] { extract_source_tree(replaced, to_, all); }), "no failure");
  EXPECT_FALSE(fs::exists(to_ / "top/new"));
  const auto outside = write_archive(directory_ / "d.tar.gz", {{"l", {}, "../outside", {}}});
  EXPECT_THAT(failure_of([&] { extract_source_tree(outside, to_, all); }), HasSubstr("is refused"));
}

// libarchive runs lrzip for an archive with this magic number, if it may.
TEST_F(sysroot_extraction, runs_no_program_for_an_archive) {
  const auto program = directory_.write("bin/lrzip", "#!/bin/sh\necho > \"$MARK\"\n");
  fs::permissions(program, fs::perms::owner_all);
  const std::string path = ::getenv("PATH") == nullptr ? "" : ::getenv("PATH");
  ::setenv("PATH", ((directory_ / "bin").string() + ":" + path).c_str(), 1);
  ::setenv("MARK", (directory_ / "mark").c_str(), 1);
  directory_.write("a.tar.lrz", std::string("LRZI\0\6", 6) + std::string(4096, 'x'));
  const auto error = failure_of([&] { extract_archive(directory_ / "a.tar.lrz", to_, all_); });
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(error, HasSubstr("is no archive that can be unpacked"));
  EXPECT_FALSE(fs::exists(directory_ / "mark"));
}

TEST_F(sysroot_extraction, damaged_archives) {
  const auto archive =
      write_archive(directory_ / "a.tar.gz", {{"a", std::string(100000, 'x'), {}, {}}});
  fs::resize_file(archive, fs::file_size(archive) / 2);
  EXPECT_THAT(failure_of([&] { extract_archive(archive, to_, all_); }), HasSubstr("a.tar.gz"));
  const auto no_archive = directory_.write("text", "hello, this is a text and no archive at all");
  EXPECT_THAT(failure_of([&] { extract_archive(no_archive, to_, all_); }),
              HasSubstr("is no archive that can be unpacked"));
}

TEST(sysroot_apt, finds_the_main_suite) {
  constexpr std::string_view index =
      "https://packages.example/apt/|cloud-bookworm|main|other|/etc/apt/sources.list.d/a.list:1\n"
      "https://node.example/|nodistro|main|. nodistro|/etc/apt/sources.list.d/n.sources:1\n"
      "http://mirror.example/debian/|bookworm-updates|main|Debian|/etc/apt/sources.list.d/"
      "d.sources:1\n"
      "http://mirror.example/debian/|bookworm|main|Debian|/etc/apt/sources.list.d/d.sources:1\n"
      "http://mirror.example/debian/|bookworm|contrib|Debian|/etc/apt/sources.list.d/d.sources:1\n"
      "http://mirror.example/debian/|bookworm|main|Debian|/etc/apt/sources.list.d/d.sources:1\n"
      "http://mirror.example/security/|bookworm-security|main|Debian|/etc/apt/sources.list.d/"
      "d.sources:2\n";
  const auto site = find_main_site(index, {"debian"});
  ASSERT_TRUE(site);
  EXPECT_EQ(site->address, "http://mirror.example/debian/");
  EXPECT_EQ(site->suite, "bookworm");
  EXPECT_THAT(site->components, ElementsAre("main", "contrib"));
  EXPECT_EQ(site->keys, "/etc/apt/sources.list.d/d.sources:1");
  EXPECT_FALSE(find_main_site(index, {"ubuntu"}));
  EXPECT_FALSE(find_main_site("", {"debian"}));
}

TEST(sysroot_apt, finds_the_keys) {
  constexpr std::string_view paragraphs =
      "# a comment\nTypes: deb\nSigned-By: /usr/share/keyrings/a.gpg\n\n\nTypes: deb\nsigned-by:\n"
      " -----BEGIN-----\n .\n abc\nURIs: x\n\nTypes: deb\n";
  EXPECT_EQ(signed_by(paragraphs, "/x.sources:1"), "/usr/share/keyrings/a.gpg");
  EXPECT_EQ(signed_by(paragraphs, "/x.sources:2"), "\n-----BEGIN-----\n\nabc");
  EXPECT_EQ(signed_by(paragraphs, "/x.sources:3"), "");
  constexpr std::string_view lines =
      "deb http://a x main\ndeb [arch=amd64 signed-by=/k.gpg] http://a y main\n";
  EXPECT_EQ(signed_by(lines, "/etc/apt/sources.list:1"), "");
  EXPECT_EQ(signed_by(lines, "/etc/apt/sources.list:2"), "/k.gpg");
  EXPECT_EQ(signed_by(lines, "/etc/apt/sources.list:9"), "");
}

TEST(sysroot_apt, reads_addresses_with_a_hash_only) {
  const std::string hash(64, 'a');
  const auto files =
      parse_uris("'http://m/musl_1.orig.tar.gz' musl_1.orig.tar.gz 12 SHA256:" + hash +
                 "\n'http://m/b' b 12 MD5Sum:" + hash + "\n'http://m/c' ../c 12 SHA256:" + hash +
                 "\nNeed to get 12 B\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].address, "http://m/musl_1.orig.tar.gz");
  EXPECT_EQ(files[0].sha256, hash);
}

TEST(sysroot_sources, versions_in_names) {
  EXPECT_EQ(version_in_file_name("musl_1.2.3.orig.tar.gz"), "1.2.3");
  EXPECT_EQ(version_in_file_name("linux-libc-dev_6.1.176-1_arm64.deb"), "6.1.176-1");
  EXPECT_EQ(version_in_file_name("libclang-rt-14-dev_1%3a14.0.6-12_arm64.deb"), "14.0.6-12");
  EXPECT_EQ(version_in_file_name("zlib-1.3.1.tar.gz"), "1.3.1");
  EXPECT_EQ(version_in_file_name("sources"), "");
}

TEST(sysroot_sources, names_and_contents_are_checked) {
  const temporary_directory directory;
  EXPECT_THAT(failure_of([] { find_source_kind("elfutil"); }), HasSubstr("nearest: elfutils"));
  const auto& zlib = find_source_kind("zlib");
  EXPECT_THAT(failure_of([&] { open_source(zlib, directory / "missing", directory / "cache"); }),
              HasSubstr("No such file"));
  directory.write("other/readme", "x");
  EXPECT_THAT(failure_of([&] { open_source(zlib, directory / "other", directory / "cache"); }),
              HasSubstr("does not have the file 'inflate.h'"));
  const auto wrong = write_archive(directory / "wrong.tar.gz", {{"top/zlib.h", "x", {}, {}}});
  EXPECT_THAT(failure_of([&] { open_source(zlib, wrong, directory / "cache"); }),
              HasSubstr("--source zlib="));
}

// A directory and an archive of it are the same sources. Files that nobody uses do not count.
TEST(sysroot_sources, digest_of_a_directory) {
  const temporary_directory directory;
  const auto& zlib = find_source_kind("zlib");
  directory.write("z/inflate.h", "x");
  directory.write("z/a.c", "a");
  const auto first = open_source(zlib, directory / "z", directory / "cache");
  directory.write("z/contrib/b.c", "b");
  EXPECT_EQ(open_source(zlib, directory / "z", directory / "cache").input.sha256,
            first.input.sha256);
  directory.write("z/a.c", "A");
  EXPECT_NE(open_source(zlib, directory / "z", directory / "cache").input.sha256,
            first.input.sha256);
  const auto archive =
      write_archive(directory / "zlib-9.tar.gz",
                    {{"zlib-9/inflate.h", "x", {}, {}}, {"zlib-9/contrib/b.c", "b", {}, {}}});
  const auto unpacked = open_source(zlib, archive, directory / "cache");
  EXPECT_EQ(unpacked.input.version, "9");
  EXPECT_TRUE(fs::exists(unpacked.root / "inflate.h"));
  EXPECT_FALSE(fs::exists(unpacked.root / "contrib"));
}

// Debian's package of the build machine has asm/ of one CPU, in a directory with its name.
TEST(sysroot_kernel_headers, are_those_of_the_target) {
  const temporary_directory directory;
  for (const auto* name : {"linux/bpf.h", "asm-generic/types.h", "x86_64-linux-gnu/asm/types.h",
                           "mipsel-linux-gnu/asm/types.h"})
    directory.write("headers/usr/include/" + std::string(name), std::string(name) + "\n");
  const cross_compiler compiler;
  const auto install = [&](const char* target) {
    const recipe_place place{find_target(target), compiler, directory / target, directory / "work"};
    install_kernel_headers(place, directory / "headers");
    return text_of(place.include() / "asm/types.h");
  };
  EXPECT_EQ(install("x86_64"), "x86_64-linux-gnu/asm/types.h\n");
  EXPECT_EQ(install("mipsel"), "mipsel-linux-gnu/asm/types.h\n");
  for (const auto* target : {"mips", "armv7", "aarch64", "riscv64"})
    EXPECT_THAT(failure_of([&] { install(target); }), HasSubstr("asm/types.h of")) << target;
}

TEST(sysroot_manifest, is_read_as_it_is_written) {
  const temporary_directory directory;
  directory.write("usr/lib/libz.a", "z");
  fs::create_directory_symlink("/usr/include", directory / "link");
  sysroot_manifest manifest{"aarch64",
                            "abc",
                            3,
                            "clang \"14\"",
                            false,
                            {{"zlib", "1.2", "z.tar", "00"}},
                            list_files(directory.path())};
  ASSERT_EQ(manifest.files.size(), 2U);
  EXPECT_EQ(manifest.files[0].link, "/usr/include");
  const auto text = manifest_text(manifest);
  directory.write(manifest_name, text);
  EXPECT_EQ(manifest_text(read_manifest(directory.path())), text);
  EXPECT_TRUE(find_differences(directory.path(), manifest).empty());
}

TEST(sysroot_manifest, finds_every_difference) {
  const temporary_directory directory;
  for (const auto* name : {"changed", "longer", "missing", "same"})
    directory.write(name, "1");
  fs::create_symlink("same", directory / "link");
  const sysroot_manifest manifest{
      "aarch64", "abc", 3, "clang", true, {}, list_files(directory.path())};
  directory.write("changed", "2");
  directory.write("longer", "11");
  directory.write("more/extra", "");
  fs::remove(directory / "missing");
  fs::remove(directory / "link");
  fs::create_symlink("longer", directory / "link");
  EXPECT_THAT(find_differences(directory.path(), manifest),
              ElementsAre("changed is changed", "link is changed", "longer is changed",
                          "missing is missing", "more/extra is extra"));
}

TEST(sysroot_manifest, damaged) {
  const temporary_directory directory;
  EXPECT_THAT(failure_of([&] { read_manifest(directory.path()); }),
              HasSubstr("is no complete sysroot"));
  for (const auto* text : {"", "{", "{}", "[1]", R"({"format":1,"target":3})"}) {
    directory.write(manifest_name, text);
    EXPECT_THAT(failure_of([&] { read_manifest(directory.path()); }), HasSubstr("is damaged"))
        << text;
  }
  directory.write(manifest_name, R"({"format":2})");
  EXPECT_THAT(failure_of([&] { read_manifest(directory.path()); }), HasSubstr("has the format 2"));
}

}  // namespace
}  // namespace ebpfkit::host
