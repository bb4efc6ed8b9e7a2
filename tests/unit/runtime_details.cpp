// Details of the runtime that no other test shows: each was wrong once without a failing test
// (tests/mutations).
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "ebpfkit/btf_source.hpp"
#include "ebpfkit/link.hpp"
#include "errors/log_capture.hpp"
#include "errors/verifier_log.hpp"
#include "own_bpf_file_system.hpp"
#include "temporary_directory.hpp"

namespace {

namespace fs = std::filesystem;
using ebpfkit::detail::log_capture;

constexpr const char* variable = "EBPFKIT_BTF_FILE";

// The next test runs this one in a program of another user, and the variable is set then.
TEST(runtime_details, environment_names_the_btf) {
  const ebpfkit::test::temporary_directory work;
  const auto btf = work.write("kernel.btf", "\x9f\xeb\x01 and more");
  setenv(variable, btf.c_str(), 0);
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  const auto found = ebpfkit::btf_source::find({}, search);
  unsetenv(variable);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->choice(), ebpfkit::btf_choice::file_of_environment);
}

// Runs that test in the program and returns its exit status.
int run(const fs::path& program) {
  const auto child = fork();
  if (child == 0) {
    // The test must fail once, and nobody should read that.
    if (!freopen("/dev/null", "w", stdout))
      _exit(99);
    execl(program.c_str(), program.c_str(),
          "--gtest_filter=runtime_details.environment_names_the_btf", static_cast<char*>(nullptr));
    _exit(100);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 101;
}

TEST(runtime_details, programs_with_more_rights_than_their_user_take_no_btf_of_the_environment) {
  constexpr uid_t another_user = 12345;
  const ebpfkit::test::temporary_directory work;
  struct statvfs system {};
  ASSERT_EQ(statvfs(work.path().c_str(), &system), 0);
  if (geteuid() != 0 || (system.f_flag & ST_NOSUID) != 0)
    GTEST_SKIP() << "needs root and a temporary directory where setuid works";
  const auto program = work / "tests";
  fs::copy_file("/proc/self/exe", program);
  fs::permissions(work.path(), fs::perms::all);
  fs::permissions(program, static_cast<fs::perms>(0755));
  const auto btf = work.write("kernel.btf", "\x9f\xeb\x01 and more");
  setenv(variable, btf.c_str(), 1);
  EXPECT_EQ(run(program), 0);
  ASSERT_EQ(chown(program.c_str(), another_user, another_user), 0);
  fs::permissions(program, static_cast<fs::perms>(04755));
  EXPECT_EQ(run(program), 1);
  unsetenv(variable);
}

void make_libbpf_warn() {
  EXPECT_EQ(bpf_object__open("/no/such/object"), nullptr);
}

TEST(runtime_details, captures_of_logs_nest) {
  log_capture outer;
  {
    log_capture inner;
    make_libbpf_warn();
    EXPECT_NE(inner.take(), "");
  }
  EXPECT_EQ(outer.take(), "");
  make_libbpf_warn();
  EXPECT_NE(outer.take().find("/no/such/object"), std::string::npos);
}

TEST(runtime_details, instruction_without_the_state_of_registers) {
  const auto cause = ebpfkit::detail::find_cause(
      "0: R1=ctx() R10=fp0\n7: (b7) r1 = 0 ; R1=0 R2=1\nR1 is wrong\n"
      "processed 1 insns (limit 1000000)\n");
  EXPECT_EQ(cause.reason, "R1 is wrong");
  EXPECT_EQ(cause.instruction, "7: (b7) r1 = 0");
}

TEST(runtime_details, pinned_map_is_no_link) {
  const ebpfkit::test::own_bpf_file_system files;
  if (!files.is_mounted())
    GTEST_SKIP() << "needs root";
  const int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pinned", 4, 4, 1, nullptr);
  ASSERT_GE(map, 0);
  const auto path = files.path("map");
  ASSERT_EQ(bpf_obj_pin(map, path.c_str()), 0);
  close(map);
  const auto opened = ebpfkit::link::open(path);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, EINVAL);
  EXPECT_EQ(opened.error().remedy, "What is pinned there is no link.");
}

}  // namespace
