// Files, frames, messages and output of virtual machines.
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/frames.hpp"
#include "machine/guest_plan.hpp"
#include "machine/initramfs.hpp"
#include "machine/kernel_messages.hpp"
#include "machine/test_output.hpp"
#include "machine/virtual_machine.hpp"
#include "support/failure.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace ebpfkit::host;
using ebpfkit::test::temporary_directory;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct entry {
  std::string content;
  unsigned mode = 0;
  std::string link;
};

// libarchive's reader is another's idea of the format.
std::map<std::string, entry> unpacked(const std::string& bytes) {
  std::map<std::string, entry> entries;
  auto* reader = archive_read_new();
  archive_read_support_format_cpio(reader);
  EXPECT_EQ(archive_read_open_memory(reader, bytes.data(), bytes.size()), ARCHIVE_OK);
  archive_entry* found = nullptr;
  while (archive_read_next_header(reader, &found) == ARCHIVE_OK) {
    entry one;
    one.mode = archive_entry_mode(found);
    if (const char* link = archive_entry_symlink(found))
      one.link = link;
    else {
      one.content.resize(static_cast<std::size_t>(archive_entry_size(found)));
      EXPECT_EQ(archive_read_data(reader, one.content.data(), one.content.size()),
                static_cast<la_ssize_t>(one.content.size()));
    }
    EXPECT_TRUE(entries.emplace(archive_entry_pathname(found), one).second)
        << archive_entry_pathname(found);
  }
  archive_read_free(reader);
  return entries;
}

TEST(machine_initramfs, other_programs_read_it) {
  const temporary_directory source;
  std::filesystem::create_directories(source / "tree" / "below");
  std::ofstream(source / "tree" / "below" / "file") << "of the tree";
  std::filesystem::create_symlink("below/file", source / "tree" / "link");

  initramfs files;
  files.add_file("/a/b/program", "content", 0755);
  files.add_file("/a/b/empty", "");
  files.add_from(source / "tree", "/tree");
  files.add_character_device("/dev/console", 5, 1);
  const auto entries = unpacked(files.finish());
  EXPECT_EQ(entries.at("a/b/program").content, "content");
  EXPECT_EQ(entries.at("a/b/program").mode, S_IFREG | 0755U);
  EXPECT_EQ(entries.at("a/b/empty").content, "");
  EXPECT_EQ(entries.at("a").mode, S_IFDIR | 0755U);
  EXPECT_EQ(entries.at("tree/below/file").content, "of the tree");
  EXPECT_EQ(entries.at("tree/link").link, "below/file");
  EXPECT_EQ(entries.at("dev/console").mode, S_IFCHR | 0600U);
  EXPECT_TRUE(files.has("/a/b/program"));
  EXPECT_FALSE(files.has("/a/b"));
}

TEST(machine_initramfs, missing_file_is_named) {
  initramfs files;
  EXPECT_THROW(files.add_from("/no/such/file", "/file"), failure);
}

constexpr std::string_view nonce = "0123456789abcdef";

std::string frame(std::string_view type, std::string_view content) {
  return "ebpfkit " + std::string(nonce) + " " + std::string(type) + " 7 " +
         std::to_string(content.size()) + "\n" + std::string(content) + "\n";
}

// What comes from the port, in pieces of every size, with other text around the frames.
TEST(machine_frames, come_in_pieces) {
  const std::string bytes = "noise\n" + frame("one", "two\nlines") + "ebpfkit 0123 one 1 1\nx\n" +
                            frame("empty", "") + "ebpfkit 0123456789abcdef broken\n" +
                            frame("last", frame("inner", "is content"));
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    frame_reader reader{std::string(nonce)};
    std::vector<guest_frame> frames;
    for (std::size_t place = 0; place < bytes.size(); place += step)
      for (auto& found : reader.add(std::string_view(bytes).substr(place, step)))
        frames.push_back(std::move(found));
    ASSERT_EQ(frames.size(), 3U) << "pieces of " << step;
    EXPECT_EQ(frames[0].type, "one");
    EXPECT_EQ(frames[0].number, 7U);
    EXPECT_EQ(frames[0].content, "two\nlines");
    EXPECT_EQ(frames[1].content, "");
    EXPECT_EQ(frames[2].content, frame("inner", "is content"));
  }
}

TEST(machine_frames, numbers_that_are_none_are_passed_over) {
  frame_reader reader{std::string(nonce)};
  const std::string head = "ebpfkit " + std::string(nonce) + " ";
  EXPECT_THAT(reader.add(head + "type 1 99999999999999999999\n" + head + "type 1 -1\n" + head +
                         "type x 1\n" + head + "type 1 4294967295\n" + std::string(300, 'x')),
              IsEmpty());
  EXPECT_EQ(reader.add(frame("good", "content")).size(), 1U);
}

TEST(machine_kernel_messages, panics) {
  EXPECT_EQ(find_panic("[    1.0] a line\r\n[    1.2] Kernel panic - not syncing: sysrq\r\nmore\n"),
            "Kernel panic - not syncing: sysrq");
  EXPECT_EQ(find_panic("no panic here\n"), "");
}

TEST(machine_kernel_messages, complaints) {
  const auto found = find_kernel_complaints(
      "6,1,1,-;a usual message\n"
      "4,2,2,-;WARNING: CPU: 0 PID: 1 at fs/file.c:1 f+0x1/0x2\n"
      " SUBSYSTEM=BUG: of a device\n"
      "3,3,3,-;BUG: KASAN: use-after-free in f\n"
      "4,4,4,-;WARNING: possible circular locking dependency detected\n"
      "4,5,5,-;WARNING: Spectre v2 mitigation leaves CPU vulnerable\n"
      "[   12.3] INFO: rcu_sched self-detected stall on CPU\n");
  EXPECT_THAT(found, ElementsAre("WARNING: CPU: 0 PID: 1 at fs/file.c:1 f+0x1/0x2",
                                 "BUG: KASAN: use-after-free in f",
                                 "WARNING: possible circular locking dependency detected",
                                 "INFO: rcu_sched self-detected stall on CPU"));
}

TEST(machine_test_output, tap_and_ktap) {
  const auto tests = read_subtests(
      "KTAP version 1\n1..2\n    ok 1 inner\nwhy\n    not ok 2 - broken # a comment\n"
      "ok 2 outer # SKIP not here\nnot ok 3 later # TODO\nok no number\nokay 4\n");
  ASSERT_EQ(tests.size(), 4U);
  EXPECT_EQ(tests[0].name, "inner");
  EXPECT_EQ(tests[1].name, "broken");
  EXPECT_EQ(tests[1].outcome, subtest_outcome::failed);
  EXPECT_EQ(tests[1].output, "why\n");
  EXPECT_EQ(tests[2].outcome, subtest_outcome::skipped);
  EXPECT_EQ(tests[3].outcome, subtest_outcome::skipped);
}

TEST(machine_test_output, googletest) {
  const auto tests = read_subtests(
      "[ RUN      ] a.b\nfile.cpp:1: Failure\n[  FAILED  ] a.b, where GetParam() = 1 (3 ms)\n"
      "[       OK ] a.c (0 ms)\n[  SKIPPED ] a.d (0 ms)\n[  FAILED  ] a.b, where GetParam() = 1\n");
  ASSERT_EQ(tests.size(), 3U);
  EXPECT_EQ(tests[0].name, "a.b");
  EXPECT_EQ(tests[0].output, "[ RUN      ] a.b\nfile.cpp:1: Failure\n");
  EXPECT_EQ(tests[1].outcome, subtest_outcome::passed);
}

TEST(machine_test_output, junit_escapes_what_programs_print) {
  const auto text = junit_text("a<b", {{"x\"&", subtest_outcome::failed, "<\x01\xff\n"}}, "");
  EXPECT_THAT(text, HasSubstr("name=\"a&lt;b\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(text, HasSubstr("name=\"x&quot;&amp;\"><failure>&lt;?\n</failure>"));
  // A program without tests of its own that failed is one test.
  EXPECT_THAT(junit_text("suite", {}, "status 3"), HasSubstr("<failure>status 3</failure>"));
}

TEST(machine_plan, values_are_escaped) {
  guest_plan plan;
  plan.add("argument", {"a\tb\nc\\d"});
  plan.add("shell");
  EXPECT_EQ(plan.text(), "argument\ta\\tb\\nc\\\\d\nshell\n");
}

TEST(machine_qemu, command_of_each_cpu) {
  machine_request request;
  request.kernel = "/image";
  request.architecture = "x86_64";
  auto command = qemu_command(request, "/files", "/results");
  EXPECT_EQ(command.front(), "qemu-system-x86_64");
  EXPECT_THAT(command, Contains(HasSubstr("acpi=off")));
  EXPECT_THAT(command, Contains("isa-debugcon,iobase=0xe9,chardev=results"));
  request.has_acpi = true;
  EXPECT_THAT(qemu_command(request, "/files", "/results"), Not(Contains(HasSubstr("acpi=off"))));
  request.architecture = "arm64";
  command = qemu_command(request, "/files", "/results");
  EXPECT_EQ(command.front(), "qemu-system-aarch64");
  EXPECT_THAT(command, Contains(HasSubstr("console=ttyAMA0")));
  request.architecture = "mips";
  EXPECT_THROW(qemu_command(request, "/files", "/results"), failure);
}

}  // namespace
