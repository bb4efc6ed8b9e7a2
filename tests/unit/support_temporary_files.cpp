// Temporary files: nobody can foresee their names, no output name is too long, none stays for ever,
// and a full disk leaves the old output.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "skeleton_support.hpp"
#include "small_disk.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_descriptor.hpp"
#include "support/temporary_entry.hpp"

namespace ebpfkit::host::test {
namespace {

namespace fs = std::filesystem;
using ebpfkit::test::small_disk;

constexpr uid_t another_user = 65534;

class temporary_files : public testing::Test {
 protected:
  std::size_t count(const fs::path& directory) const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
  }

  // What write_output() says when it fails.
  std::string failure_of_writing(std::string_view content) const {
    try {
      write_output(file_, content, unchanged::keep);
    } catch (const failure& error) {
      return std::string(error.what()) + "\n" + error.remedy();
    }
    return "none";
  }

  // A name that only temporary entries have. `number` has one digit.
  fs::path temporary_name(int number) const {
    return work_.path() / (".ebpfkit-" + std::string(31, '0') + std::to_string(number) + ".tmp");
  }

  static void age(const fs::path& path, std::chrono::hours by) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - by);
  }

  work_directory work_;
  fs::path file_ = work_.path() / "file";
};

TEST_F(temporary_files, names_do_not_depend_on_the_output_or_the_process) {
  const temporary_entry first(work_.path(), temporary_entry::type::file);
  const temporary_entry second(work_.path(), temporary_entry::type::file);
  const auto name = first.path().filename().string();
  EXPECT_NE(name, second.path().filename().string());
  EXPECT_TRUE(is_temporary_name(name)) << name;
  EXPECT_FALSE(is_temporary_name("file." + std::to_string(::getpid()) + ".tmp"));
  EXPECT_FALSE(is_temporary_name(name + "x"));
}

TEST_F(temporary_files, names_of_250_characters) {
  const auto longest = work_.path() / std::string(250, 'n');
  write_output(longest, "one", unchanged::keep);
  EXPECT_EQ(read_text(longest), "one");
  temporary_file temporary(longest);
  std::ofstream(temporary.path()) << "two";
  temporary.commit(unchanged::keep);
  EXPECT_EQ(read_text(longest), "two");
}

TEST_F(temporary_files, a_link_where_the_old_name_was_is_not_written_through) {
  const auto victim = work_.write("victim", "precious");
  for (const auto* suffix : {".tmp", ".0.tmp"})
    fs::create_symlink("victim", fs::path(file_).concat(suffix));
  fs::create_symlink("victim", fs::path(file_).concat("." + std::to_string(::getpid()) + ".tmp"));
  write_output(file_, "content", unchanged::keep);
  temporary_file temporary(file_);
  std::ofstream(temporary.path()) << "other content";
  temporary.commit(unchanged::keep);
  EXPECT_EQ(read_text(victim), "precious");
  EXPECT_EQ(read_text(file_), "other content");
}

TEST_F(temporary_files, only_this_user_enters_the_directory_of_another_program) {
  const temporary_file temporary(file_);
  EXPECT_FALSE(fs::exists(temporary.path()));
  const auto mode = fs::status(temporary.path().parent_path()).permissions();
  EXPECT_EQ(mode, fs::perms::owner_all);
}

TEST_F(temporary_files, outputs_get_the_mode_of_the_umask) {
  const auto before = ::umask(027);
  write_output(file_, "content", unchanged::keep);
  ::umask(before);
  EXPECT_EQ(static_cast<unsigned>(fs::status(file_).permissions()), 0640U);
}

TEST_F(temporary_files, messages_have_the_name_of_the_output) {
  const temporary_file temporary(file_);
  const auto hidden = temporary.path().string();
  EXPECT_EQ(temporary.in_message("cannot open '" + hidden + "': " + hidden + " is odd"),
            "cannot open '" + file_.string() + "': " + file_.string() + " is odd");
}

TEST_F(temporary_files, a_message_that_tells_of_a_full_disk) {
  const temporary_file temporary(file_);
  for (const auto* text :
       {"fatal error: error in backend: IO failure on output stream: No space left on device\nmore",
        "Error: failed to link 'x': No space left on device (28)"})
    EXPECT_THROW(temporary.check_space(text), failure) << text;
  for (const auto* text : {"", "x.c:1:1: error: no\n  // No space left on device\n",
                           "error: print(\"No space left on device\")"})
    EXPECT_NO_THROW(temporary.check_space(text)) << text;
}

TEST_F(temporary_files, other_files_of_the_program_are_moved_too) {
  temporary_file temporary(file_, "file");
  std::ofstream(temporary.path()) << "main";
  std::ofstream(temporary.path().parent_path() / "file.json") << "more";
  temporary.commit_other_files();
  temporary.commit(unchanged::keep);
  EXPECT_EQ(read_text(file_), "main");
  EXPECT_EQ(read_text(work_.path() / "file.json"), "more");
}

TEST_F(temporary_files, a_link_of_another_user_is_not_followed) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root";
  const auto victim = work_.write("victim", "precious");
  const auto shared = work_.path() / "shared";
  fs::create_directory(shared);
  fs::permissions(shared, fs::perms::all | fs::perms::sticky_bit);
  file_ = shared / "link";
  fs::create_symlink(victim, file_);
  ASSERT_EQ(::lchown(file_.c_str(), another_user, another_user), 0);
  EXPECT_THAT(failure_of_writing("content"), testing::HasSubstr("another user"));
  EXPECT_EQ(read_text(victim), "precious");
  fs::remove(file_);
  fs::create_symlink("/dev/null", file_);
  ASSERT_EQ(::lchown(file_.c_str(), another_user, another_user), 0);
  EXPECT_THAT(failure_of_writing("content"), testing::HasSubstr("another user"));

  // A link of one's own is followed everywhere.
  fs::remove(file_);
  fs::create_symlink(victim, file_);
  write_output(file_, "content", unchanged::keep);
  EXPECT_EQ(read_text(victim), "content");
}

TEST_F(temporary_files, entries_of_killed_processes_are_removed) {
  constexpr std::chrono::hours old(25);
  std::ofstream(temporary_name(1)) << "old";
  age(temporary_name(1), old);
  fs::create_directory(temporary_name(2));
  std::ofstream(temporary_name(2) / "output") << "old";
  age(temporary_name(2), old);
  // The clock was wrong.
  std::ofstream(temporary_name(3)) << "of the future";
  age(temporary_name(3), -old);
  write_output(file_, "content", unchanged::keep);
  EXPECT_EQ(count(work_.path()), 1U);
}

TEST_F(temporary_files, all_other_files_stay) {
  constexpr std::chrono::hours old(25);
  std::ofstream(temporary_name(1)) << "young";
  age(temporary_name(1), std::chrono::hours(23));

  std::ofstream(temporary_name(2)) << "somebody writes it";
  age(temporary_name(2), old);
  const file_descriptor locked(::open(temporary_name(2).c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(locked.get(), LOCK_SH), 0);

  fs::create_symlink("file", temporary_name(3));
  ASSERT_EQ(::mkfifo(temporary_name(4).c_str(), 0600), 0);
  age(temporary_name(4), old);
  for (const auto* name : {"file.123.tmp", ".ebpfkit-123.tmp", "x.tmp"})
    age(work_.write(name, "of the user"), old);
  auto others = std::size_t{7};
  if (::geteuid() == 0) {
    std::ofstream(temporary_name(5)) << "of another user";
    age(temporary_name(5), old);
    ASSERT_EQ(::chown(temporary_name(5).c_str(), another_user, another_user), 0);
    ++others;
  }
  remove_abandoned_entries(work_.path());
  EXPECT_EQ(count(work_.path()), others);
}

TEST_F(temporary_files, a_writer_holds_a_lock) {
  for (const auto type : {temporary_entry::type::file, temporary_entry::type::directory}) {
    const temporary_entry entry(work_.path(), type);
    age(entry.path(), std::chrono::hours(25));
    remove_abandoned_entries(work_.path());
    EXPECT_TRUE(fs::exists(entry.path()));
  }
  EXPECT_EQ(count(work_.path()), 0U);
}

TEST_F(temporary_files, a_limit_of_file_sizes_leaves_the_old_file) {
  write_output(file_, "old", unchanged::keep);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1000, RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto message = failure_of_writing(std::string(2000, 'x'));
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  EXPECT_EQ(message, "cannot write '" + file_.string() +
                         "': File too large\nCheck the limit of file sizes: ulimit -f.");
  EXPECT_EQ(read_text(file_), "old");
  EXPECT_EQ(count(work_.path()), 1U);
}

TEST_F(temporary_files, a_full_disk_leaves_the_old_file) {
  const auto disk = work_.path() / "disk";
  const small_disk small(disk, 4);
  if (!small.is_mounted())
    GTEST_SKIP() << "needs root";
  file_ = disk / "file";
  write_output(file_, "old", unchanged::keep);
  EXPECT_EQ(failure_of_writing(std::string(1 << 20, 'x')),
            "cannot write '" + file_.string() +
                "': No space left on device\nCheck the free space of the file system.");
  EXPECT_EQ(read_text(file_), "old");
  EXPECT_EQ(count(disk), 1U);
}

}  // namespace
}  // namespace ebpfkit::host::test
