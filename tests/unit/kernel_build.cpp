// `ebpfkit kernel build`: what it puts into the cache, and what it leaves when it fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "input_fixtures.hpp"
#include "kernel_build_support.hpp"
#include "kernels/kernel_build.hpp"
#include "kernels/kernel_store.hpp"
#include "small_disk.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::kernel_build_test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(kernel_build, puts_image_configuration_and_detached_btf_into_the_cache) {
  const auto lines = build(request());
  EXPECT_THAT(lines, AllOf(HasSubstr("kernel mine/6.1/arm64: reading the tree"),
                           HasSubstr("compiling; the log is '"), HasSubstr("making BTF")));
  const auto kernel = store_.find("mine/6.1/arm64");
  EXPECT_EQ(kernel.release, "6.1.0-built");
  EXPECT_FALSE(kernel.has_own_btf);
  EXPECT_EQ(read_file(kernel.btf), some_btf());
  EXPECT_THAT(std::string(as_text(read_file(kernel.configuration))), HasSubstr("CONFIG_X=y\n"));
  // BTF and BTFS of the CMake commands find it here.
  EXPECT_TRUE(fs::exists(work_ / "cache/btf/mine/6.1/arm64/6.1.0-built.btf"));
  EXPECT_THAT(entries_of(work_ / "cache/building"), IsEmpty());
  EXPECT_THAT(entries_of(work_ / "cache/logs"), ElementsAre("kernel-mine-6.1-arm64.log"));
}

TEST_F(kernel_build, a_kernel_with_its_own_btf_gets_no_other) {
  fragment_ = work_.write("fragment", to_bytes("CONFIG_DEBUG_INFO_BTF=y\n")).string();
  work_.write("tree/kernel.image", fake_image("6.1.0-built", true));
  EXPECT_THAT(build(request()), Not(HasSubstr("making BTF")));
  EXPECT_TRUE(store_.find("mine/6.1/arm64").has_own_btf);
}

TEST_F(kernel_build, a_second_call_does_nothing_and_a_change_builds_again) {
  build(request());
  EXPECT_THAT(build(request()), HasSubstr("the cache has it, built from the same sources"));
  EXPECT_EQ(compilations(), 1);

  fragment_ = work_.write("fragment", to_bytes("CONFIG_X=y\nCONFIG_Z=y\n")).string();
  build(request());
  EXPECT_EQ(compilations(), 2);
  set_tree("main.c", "int x;");
  build(request());
  EXPECT_EQ(compilations(), 3);
  write_program("gcc", "echo gcc 2.0");
  write_program("aarch64-linux-gnu-gcc", "echo gcc 2.0");
  build(request());
  EXPECT_EQ(compilations(), 4);
  write_program("pahole", "case \"$1\" in --version) echo v2 ;; *) exit 0 ;; esac");
  build(request());  // this fragment has no debugging information, so pahole's version is nothing
  EXPECT_EQ(compilations(), 4);

  // A damaged entry is made again.
  fs::remove(work_ / "cache/kernels/mine/6.1/arm64/image");
  write_program("pahole", "cp '" + (work_ / "btf").string() + "' \"${1#*=}\"");
  build(request());
  EXPECT_EQ(compilations(), 5);
}

TEST_F(kernel_build, the_same_kernel_under_another_name_is_copied) {
  build(request());
  EXPECT_THAT(build(request("other/router/arm64")), HasSubstr("copied 'mine/6.1/arm64'"));
  EXPECT_EQ(compilations(), 1);
  const auto kernel = store_.find("other/router/arm64");
  EXPECT_EQ(kernel.release, "6.1.0-built");
  EXPECT_EQ(read_file(kernel.btf), some_btf());
  EXPECT_THAT(store_.find_differences("other/router/arm64"), IsEmpty());
}

TEST_F(kernel_build, names_of_others_are_refused) {
  EXPECT_THAT(build_failure(request("debian/6.1/arm64")), HasSubstr("kernels that are fetched"));
  EXPECT_THAT(build_failure(request("mine/6.1/mips")), HasSubstr("'mips' cannot be booted"));
  auto wanted = request();
  wanted.architecture = "amd64";
  EXPECT_THAT(build_failure(wanted), HasSubstr("the name 'mine/6.1/arm64' says arm64"));
  wanted.architecture = "aarch64";  // the same as arm64
  wanted.source = (work_ / "none").string();
  EXPECT_THAT(build_failure(wanted), HasSubstr("no such directory"));
  new_kernel imported;
  imported.kernel = work_ / "tree/kernel.image";
  store_.add("mine/6.1/arm64", imported);
  EXPECT_THAT(build_failure(request()),
              AllOf(HasSubstr("was not built here"), HasSubstr("kernel remove mine/6.1/arm64")));
  EXPECT_EQ(compilations(), 0);
}

TEST_F(kernel_build, an_option_that_is_not_taken_ends_the_build) {
  set_tree("lost", "CONFIG_X=");
  EXPECT_THAT(build_failure(request()),
              AllOf(HasSubstr("CONFIG_X=y ("), HasSubstr("it depends on Y (Kconfig:1)")));
  EXPECT_EQ(compilations(), 0);
  EXPECT_FALSE(store_.has("mine/6.1/arm64"));
  fragment_ = work_.write("fragment", to_bytes("# optional CONFIG_X=y\n")).string();
  EXPECT_THAT(build(request()), HasSubstr("does without the optional CONFIG_X"));
}

TEST_F(kernel_build, a_failed_make_is_told_with_the_log) {
  build(request());
  set_tree(
      "compile",
      "echo fine; printf 'x.c:1: error: \\033[2Jbad\\n'; echo 'make: *** [x] Error 1'; exit 2");
  const auto text = build_failure(request());
  EXPECT_THAT(text, AllOf(HasSubstr("make ended with status 2. The log is '"),
                          HasSubstr("kernel-mine-6.1-arm64.log'"),
                          HasSubstr("x.c:1: error: \\x1b[2Jbad\n  make: *** [x] Error 1"),
                          Not(HasSubstr("fine"))));
  // The old one stays.
  EXPECT_EQ(store_.find("mine/6.1/arm64").release, "6.1.0-built");
  EXPECT_THAT(entries_of(work_ / "cache/building"), IsEmpty());
  set_tree("compile", "echo 'x: error: No space left on device'; exit 2");
  EXPECT_THAT(build_failure(request()), HasSubstr("Make room on the device"));
}

TEST_F(kernel_build, the_cache_may_have_a_blank_in_its_path) {
  const temporary_directory blank;
  const kernel_store store(blank / "cache");
  build_kernel(store, request(), [](std::string_view) {});
  EXPECT_EQ(store.find("mine/6.1/arm64").release, "6.1.0-built");
}

TEST_F(kernel_build, a_full_disk_is_told_before_the_build) {
  const ebpfkit::test::small_disk disk(work_ / "cache", 1000);
  if (!disk.is_mounted())
    GTEST_SKIP() << "needs root";
  EXPECT_THAT(
      build_failure(request()),
      AllOf(HasSubstr("MiB free, and building a kernel needs 4096 MiB"), HasSubstr("--cache DIR")));
  EXPECT_EQ(compilations(), 0);
}

TEST_F(kernel_build, builds_at_once_compile_once) {
  set_tree("compile", "sleep 0.3");
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      ::_exit(build_failure(request()).empty() ? 0 : 1);
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(compilations(), 1);
}

TEST_F(kernel_build, a_killed_build_leaves_no_entry) {
  set_tree("compile", "echo $$ > '" + (work_ / "compiler").string() + "'; exec sleep 600");
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    build_failure(request());
    ::_exit(0);
  }
  std::error_code error;
  while (!fs::exists(work_ / "compiler", error) || fs::file_size(work_ / "compiler", error) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(store_.has("mine/6.1/arm64"));
  EXPECT_THAT(entries_of(work_ / "cache/building"), Contains(".config"));

  ::kill(std::stoi(std::string(as_text(read_file(work_ / "compiler")))), SIGKILL);
  set_tree("compile", "true");
  build(request());
  EXPECT_THAT(entries_of(work_ / "cache/building"), IsEmpty());
}

}  // namespace
}  // namespace ebpfkit::host::kernel_build_test
