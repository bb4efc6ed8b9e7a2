// The file for the verifier's logs: it has kernel addresses, so only its user may read it.
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "ebpfkit/error.hpp"
#include "errors/verifier_log_file.hpp"
#include "small_disk.hpp"
#include "temporary_directory.hpp"

namespace ebpfkit::detail {
namespace {

namespace fs = std::filesystem;

constexpr uid_t another_user = 65534;
constexpr std::string_view a_log =
    "libbpf: prog 'first': -- BEGIN PROG LOAD LOG --\none\n-- END PROG LOAD LOG --\n";

class runtime_log_file : public testing::Test {
 protected:
  ebpfkit::error error_of_opening(const fs::path& path) {
    verifier_log_file file;
    const auto opened = file.open(path.c_str());
    return opened ? ebpfkit::error() : opened.error();
  }

  void expect_refusal(const fs::path& path, int code, const std::string& reason) {
    const auto error = error_of_opening(path);
    EXPECT_EQ(error.code, code) << error.message();
    EXPECT_NE(error.message().find(path.string()), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(reason), std::string::npos) << error.message();
  }

  std::string text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static unsigned mode(const fs::path& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
  }

  test::temporary_directory work_;
  fs::path path_ = work_ / "verifier.log";
};

TEST_F(runtime_log_file, a_new_file_is_for_its_user_alone) {
  const auto before = umask(0);
  EXPECT_EQ(error_of_opening(path_).code, 0);
  umask(before);
  EXPECT_EQ(mode(path_), 0600U);
}

TEST_F(runtime_log_file, links_are_not_followed) {
  const auto victim = work_.write("victim", "precious");
  fs::create_symlink(victim, path_);
  expect_refusal(path_, ELOOP, "symbolic link");
  EXPECT_EQ(text(victim), "precious");
  fs::remove(path_);
  fs::create_hard_link(victim, path_);
  expect_refusal(path_, EPERM, "hard link");
  EXPECT_EQ(text(victim), "precious");
}

TEST_F(runtime_log_file, only_regular_files_and_no_waiting) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  alarm(20);  // a process that waits for a reader of the FIFO is killed
  expect_refusal(path_, ENXIO, "no regular file");
  const int reader = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  expect_refusal(path_, EINVAL, "no regular file");
  ::close(reader);
  alarm(0);
  expect_refusal("/dev/full", EINVAL, "no regular file");
  expect_refusal(work_.path(), EISDIR, "no regular file");
}

TEST_F(runtime_log_file, a_private_file_is_overwritten) {
  work_.write("verifier.log", "of an earlier run");
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
  const int same = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(error_of_opening(path_).code, 0);
  EXPECT_EQ(text(path_), "");
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(fstat(same, &before), 0);
  ASSERT_EQ(stat(path_.c_str(), &after), 0);
  ::close(same);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(runtime_log_file, a_full_disk_is_an_error) {
  const auto directory = work_ / "disk";
  const test::small_disk disk(directory, 2);
  if (!disk.is_mounted())
    GTEST_SKIP() << "needs root";
  const auto path = directory / "verifier.log";
  verifier_log_file file;
  ASSERT_TRUE(file.open(path.c_str()));
  std::string log(a_log);
  log.insert(log.find("one"), 1 << 20, 'x');
  const auto written = file.write(log);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ENOSPC);
  EXPECT_NE(written.error().message().find(path.string()), std::string::npos)
      << written.error().message();
  ASSERT_TRUE(disk.grow(1000));
  EXPECT_TRUE(file.open(path.c_str()));
  EXPECT_TRUE(file.write(a_log));
  EXPECT_EQ(text(path), "== program 'first'\none\n");
}

TEST_F(runtime_log_file, a_file_that_others_can_read_is_replaced) {
  work_.write("verifier.log", "of an earlier run");
  fs::permissions(path_, static_cast<fs::perms>(0644));
  std::ifstream reader(path_, std::ios::binary);  // of another user, who has the file open
  verifier_log_file file;
  ASSERT_TRUE(file.open(path_.c_str()));
  ASSERT_TRUE(file.write(a_log));
  EXPECT_EQ(mode(path_), 0600U);
  EXPECT_EQ(text(path_), "== program 'first'\none\n");
  const std::string seen{std::istreambuf_iterator<char>(reader), {}};
  EXPECT_EQ(seen, "of an earlier run");
}

TEST_F(runtime_log_file, a_file_of_another_user_is_refused) {
  if (geteuid() != 0)
    GTEST_SKIP() << "needs root";
  work_.write("verifier.log", "of another user");
  fs::permissions(path_, static_cast<fs::perms>(0600));
  ASSERT_EQ(chown(path_.c_str(), another_user, another_user), 0);
  expect_refusal(path_, EPERM, "belongs to another user");
  EXPECT_EQ(text(path_), "of another user");
}

// Runs the program and returns its exit status.
int run(const fs::path& program) {
  const auto child = fork();
  if (child == 0) {
    execl(program.c_str(), program.c_str(), static_cast<char*>(nullptr));
    _exit(100);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 101;
}

TEST_F(runtime_log_file, programs_with_more_rights_than_their_user_ignore_the_environment) {
  struct statvfs system {};
  ASSERT_EQ(statvfs(work_.path().c_str(), &system), 0);
  if (geteuid() != 0 || (system.f_flag & ST_NOSUID) != 0)
    GTEST_SKIP() << "needs root and a temporary directory where setuid works";
  const auto program = work_ / "probe";
  fs::copy_file(EBPFKIT_LOG_FILE_PROBE, program);
  fs::permissions(work_.path(), fs::perms::all);
  fs::permissions(program, static_cast<fs::perms>(0755));
  setenv("EBPFKIT_VERIFIER_LOG", path_.c_str(), 1);
  EXPECT_EQ(run(program), 1);
  EXPECT_TRUE(fs::exists(path_));
  fs::remove(path_);
  ASSERT_EQ(chown(program.c_str(), another_user, another_user), 0);
  fs::permissions(program, static_cast<fs::perms>(04755));
  EXPECT_EQ(run(program), 2);
  EXPECT_FALSE(fs::exists(path_));
  unsetenv("EBPFKIT_VERIFIER_LOG");
}

}  // namespace
}  // namespace ebpfkit::detail
