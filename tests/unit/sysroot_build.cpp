// `ebpfkit sysroot` with the machine's own GCC and small stand-ins for the sources: no network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "host_support.hpp"
#include "small_disk.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"
#include "temporary_directory.hpp"

extern char** environ;

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;
using ebpfkit::test::small_disk;
using ebpfkit::test::temporary_directory;
using test::text_of;
using testing::HasSubstr;
using testing::Not;

// The target whose compiler this machine has.
#if defined(__x86_64__)
constexpr const char* own_target = "x86_64";
constexpr const char* other_target = "aarch64";
#else
constexpr const char* own_target = "aarch64";
constexpr const char* other_target = "x86_64";
#endif

class sysroot_build : public testing::Test {
 protected:
  void SetUp() override {
    const auto found = run_process({"gcc", "-dumpmachine"});
    if (!found.output.starts_with(own_target))
      GTEST_SKIP() << "there is no gcc for " << own_target;
    write_sources();
  }

  void write_sources() const {
    directory_.write("zlib/zlib.h", "int z(void);\n");
    directory_.write("zlib/zconf.h", "");
    directory_.write("zlib/inflate.h", "");
    directory_.write("zlib/LICENSE", "zlib's licence\n");
    for (int i = 0; i < 8; ++i)
      directory_.write("zlib/z" + std::to_string(i) + ".c",
                       "const char* z" + std::to_string(i) + "(void) { return __FILE__; }\n");
    for (const auto* name : {"libelf.h", "gelf.h", "nlist.h", "libelfP.h"})
      directory_.write("elfutils/libelf/" + std::string(name), "");
    directory_.write("elfutils/lib/eu-config.h", "#define CONFIGURED 1\n");
    directory_.write("elfutils/libelf/elf_begin.c",
                     "#include <config.h>\nint elf_begin = CONFIGURED;\n");
    for (const auto* name :
         {"bpf.h", "libbpf.h", "btf.h", "libbpf_common.h", "libbpf_legacy.h", "bpf_helpers.h",
          "bpf_endian.h", "bpf_tracing.h", "bpf_helper_defs.h", "bpf_core_read.h",
          "skel_internal.h", "usdt.bpf.h", "libbpf_version.h"})
      directory_.write("libbpf/src/" + std::string(name), "");
    directory_.write("libbpf/src/libbpf.c",
                     "#include <zlib.h>\n#include <gelf.h>\nint bpf(void) { return 1; }\n");
  }

  std::vector<std::string> command(std::vector<std::string> words,
                                   const std::string& cache = "cache") const {
    words.insert(words.begin(), {EBPFKIT_TOOL, "sysroot"});
    words.insert(words.end(), {"--cache", (directory_ / cache).string()});
    return words;
  }

  std::vector<std::string> build_command(const std::string& cache = "cache",
                                         const std::string& target = own_target) const {
    auto words = command({"build", target, "--compiler", "gcc"}, cache);
    for (const std::string name : {"zlib", "elfutils", "libbpf"})
      words.insert(words.end(), {"--source", name + "=" + (directory_ / name).string()});
    return words;
  }

  // Returns the directory that is printed.
  fs::path build(const std::string& cache = "cache") const {
    const auto result = run_process(build_command(cache));
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    return result.output.substr(0, result.output.find('\n'));
  }

  temporary_directory directory_;
};

TEST_F(sysroot_build, makes_libraries_and_prints_one_line) {
  const auto first = run_process(build_command());
  ASSERT_EQ(first.exit_status, 0) << first.errors;
  const fs::path sysroot = first.output.substr(0, first.output.size() - 1);
  EXPECT_TRUE(sysroot.is_absolute());
  for (const auto* name : {"usr/lib/libz.a", "usr/lib/libelf.a", "usr/lib/libbpf.a",
                           "usr/include/zlib.h", "usr/include/gelf.h", "usr/include/bpf/libbpf.h",
                           "licences/README.md", "licences/zlib/LICENSE", "sysroot.json"})
    EXPECT_TRUE(fs::exists(sysroot / name)) << name;
  EXPECT_THAT(first.errors, HasSubstr("1 of 3: "));
  EXPECT_THAT(first.errors, HasSubstr("3 of 3: "));
  // No path of the machine is in it.
  EXPECT_THAT(text_of(sysroot / "usr/lib/libz.a"),
              Not(HasSubstr(directory_.path().filename().string())));
  EXPECT_THAT(text_of(sysroot / "sysroot.json"), Not(HasSubstr(directory_.path().string())));

  const auto second = run_process(build_command());
  EXPECT_EQ(second.output, first.output);
  EXPECT_EQ(second.errors, "");
}

TEST_F(sysroot_build, another_source_makes_another_sysroot) {
  const auto first = build();
  directory_.write("zlib/z0.c", "int z0;\n");
  const auto second = build();
  EXPECT_NE(first, second);
  EXPECT_TRUE(fs::exists(first));
  const auto listed =
      nlohmann::json::parse(run_process(command({"list", "--json"})).output)["sysroots"];
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0]["complete"], true);
  EXPECT_EQ(listed[0]["inputs"].size(), 3U);
}

// The times of a file that changed a moment ago do not tell whether it changes again.
TEST_F(sysroot_build, archive_that_changes_at_once) {
  const auto pack = [&] {
    const auto result = run_process({"tar", "-C", directory_.path().string(), "-czf",
                                     (directory_ / "zlib.tar.gz").string(), "zlib"});
    ASSERT_EQ(result.exit_status, 0) << result.errors;
  };
  const auto build_archive = [&] {
    auto words = build_command();
    for (auto& word : words) {
      if (word.starts_with("zlib="))
        word += ".tar.gz";
    }
    const auto result = run_process(words);
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    return result.output;
  };
  pack();
  const auto first = build_archive();
  directory_.write("zlib/z0.c", "int z0;\n");
  pack();
  EXPECT_NE(build_archive(), first);
}

TEST_F(sysroot_build, removes_nothing_outside_of_the_cache) {
  const auto precious = directory_.write("other/mips-0123456789abcdef/precious", "");
  const auto result = run_process(command({"remove", precious.parent_path().string()}));
  EXPECT_NE(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("is not the directory of a sysroot in the cache"));
  EXPECT_TRUE(fs::exists(precious));
  const auto sysroot = build();
  EXPECT_EQ(run_process(command({"remove", sysroot.string()})).exit_status, 0);
  EXPECT_FALSE(fs::exists(sysroot));
}

TEST_F(sysroot_build, sources_that_nothing_compiles) {
  auto words = build_command();
  words.insert(words.end(), {"--source", "musl=" + (directory_ / "zlib").string()});
  const auto result = run_process(words);
  EXPECT_NE(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("--source musl is given together with --compiler gcc"));
}

TEST_F(sysroot_build, changed_files_are_found) {
  const auto sysroot = build();
  const auto header = sysroot / "usr/include/zlib.h";
  // The same bytes again.
  const auto old = text_of(header);
  fs::remove(header);
  directory_.write(header.string(), old);
  EXPECT_EQ(run_process(build_command()).exit_status, 0);
  EXPECT_EQ(run_process(command({"verify"})).exit_status, 0);

  directory_.write(header.string(), "int x(void);\n");
  directory_.write((sysroot / "usr/lib/libmore.a").string(), "");
  fs::remove(sysroot / "usr/include/gelf.h");
  const auto refused = run_process(build_command());
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_EQ(refused.output, "");
  EXPECT_THAT(refused.errors, HasSubstr("usr/include/zlib.h is changed"));
  EXPECT_THAT(refused.errors, HasSubstr("ebpfkit sysroot remove " + sysroot.string()));
  const auto verified = run_process(command({"verify", own_target}));
  EXPECT_EQ(verified.exit_status, 1);
  EXPECT_THAT(verified.output, HasSubstr("usr/include/gelf.h is missing"));
  EXPECT_THAT(verified.output, HasSubstr("usr/lib/libmore.a is extra"));

  EXPECT_EQ(run_process(command({"remove", sysroot.string()})).exit_status, 0);
  EXPECT_FALSE(fs::exists(sysroot));
  EXPECT_EQ(build(), sysroot);
  EXPECT_EQ(run_process(command({"remove", "--all"})).exit_status, 0);
  EXPECT_EQ(run_process(command({"list"})).output, "");
}

TEST_F(sysroot_build, errors_name_the_way_out) {
  struct fault {
    std::vector<std::string> words;
    std::string text;
  };
  const auto other = (directory_ / "elfutils").string();
  const std::vector<fault> faults{
      {{"build", "arch64"}, "there is no target 'arch64'; nearest: aarch64"},
      {{"build", other_target, "--compiler", "gcc"}, "does not compile for"},
      {{"build", own_target, "--compiler", "no-such-gcc"}, "there is no compiler 'no-such-gcc'"},
      {{"build", own_target, "--clang", "no-such-clang"}, "there is no clang 'no-such-clang'"},
      {{"build", own_target, "--clang", "gcc"}, "is no clang"},
      {{"build", own_target, "--source", "zlib"}, "is not NAME=PATH"},
      {{"build", own_target, "--source", "zlibb=x"}, "there is no source 'zlibb'; nearest: zlib"},
      {{"build", own_target, "--compiler", "gcc", "--source", "zlib=/missing"},
       "--source zlib=/missing: No such"},
      {{"build", own_target, "--compiler", "gcc", "--source", "zlib=" + other},
       "does not have the file 'inflate.h'"},
      {{"verify", own_target}, "has no sysroot of"},
      {{"remove"}, "give either sysroots or --all"},
      {{"remove", "/missing/x"}, "there is no sysroot '/missing/x'"}};
  for (const auto& one : faults) {
    const auto result = run_process(command(one.words));
    EXPECT_EQ(result.exit_status, 1) << one.text;
    EXPECT_THAT(result.errors, HasSubstr(one.text));
    EXPECT_EQ(result.output, "");
  }
}

// An apt-get that cannot read the lists stands in for a machine without a network, and for one
// whose disk is full. All other calls reach the real one.
TEST_F(sysroot_build, apt_that_cannot_read_the_lists) {
  if (!fs::exists("/usr/bin/apt-get"))
    GTEST_SKIP() << "there is no apt-get";
  struct fault {
    std::string says;
    std::string remedy;
  };
  const std::vector<fault> faults{
      {"Temporary failure resolving 'mirror'", "Check the network and this machine's apt."},
      {"write (28: No space left on device)", "Make room on the device of '"}};
  const std::string path = std::getenv("PATH");
  for (const auto& one : faults) {
    const auto program = directory_.write(
        "bin/apt-get",
        "#!/bin/sh\nfor word; do\n  if [ \"$word\" = update ]; then\n    echo \"E: " + one.says +
            "\" >&2\n    exit 100\n  fi\ndone\nexec /usr/bin/apt-get \"$@\"\n");
    fs::permissions(program, fs::perms::owner_all);
    ::setenv("PATH", (program.parent_path().string() + ":" + path).c_str(), 1);
    const auto result = run_process(command({"build", own_target, "--compiler", "gcc"}));
    ::setenv("PATH", path.c_str(), 1);
    if (result.errors.find("no lists of its distribution") != std::string::npos)
      GTEST_SKIP() << "this machine's apt has no lists";
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors, HasSubstr(one.says));
    EXPECT_THAT(result.errors, HasSubstr(one.remedy));
    EXPECT_EQ(run_process(command({"list"})).output, "");
  }
}

TEST_F(sysroot_build, a_full_disk_leaves_nothing) {
  const small_disk disk(directory_ / "disk", 16);
  if (!disk.is_mounted())
    GTEST_SKIP() << "needs root";
  const auto result = run_process(build_command("disk/cache"));
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.output, "");
  EXPECT_THAT(result.errors, HasSubstr("Make room on the device of the cache"));
  EXPECT_EQ(run_process(command({"list"}, "disk/cache")).output, "");
}

// libc++ 14's sources with another clang.
TEST_F(sysroot_build, llvm_must_fit_clang) {
  if (run_process({"clang", "--version"}).exit_status != 0)
    GTEST_SKIP() << "there is no clang";
  directory_.write("llvm/libcxx/include/__config", "#  define _LIBCPP_VERSION 70000\n");
  const auto result = run_process(
      command({"build", own_target, "--source", "llvm=" + (directory_ / "llvm").string()}));
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.errors, testing::AnyOf(HasSubstr("are of version"), HasSubstr("llvm-ar")));
}

TEST_F(sysroot_build, a_source_that_does_not_compile_leaves_nothing) {
  directory_.write("zlib/z3.c", "#error wrong\n");
  const auto result = run_process(build_command());
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.errors, HasSubstr("z3.c' failed with status 1"));
  EXPECT_EQ(run_process(command({"list"})).output, "");
  EXPECT_TRUE(fs::is_empty(directory_ / "cache/building" / own_target));
}

// Starts a command without waiting for it. Its output goes nowhere.
pid_t start(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {1, 2})
    posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", 1 /* O_WRONLY */, 0);
  pid_t child = -1;
  EXPECT_EQ(::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

TEST_F(sysroot_build, two_at_once_make_one) {
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i)
    children.push_back(start(build_command()));
  for (const auto child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto listed =
      nlohmann::json::parse(run_process(command({"list", "--json"})).output)["sysroots"];
  EXPECT_EQ(listed.size(), 1U);
  EXPECT_EQ(run_process(command({"verify"})).exit_status, 0);
}

// EBPFKIT_ROUNDS says how often a build is killed.
TEST_F(sysroot_build, killed_builds_leave_no_trace) {
  const auto begin = std::chrono::steady_clock::now();
  const auto undisturbed = build("other cache");
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begin;

  const char* wanted = ::getenv("EBPFKIT_ROUNDS");
  const int rounds = wanted == nullptr ? 5 : std::atoi(wanted);
  std::mt19937 generator(std::random_device{}());
  std::uniform_real_distribution<double> moment(0, duration.count());
  for (int i = 0; i < rounds; ++i) {
    const auto child = start(build_command());
    std::this_thread::sleep_for(std::chrono::duration<double>(moment(generator)));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    // What is there now is whole.
    EXPECT_EQ(run_process(command({"verify"})).exit_status, 0);
    if (i % 2 != 0)
      run_process(command({"remove", "--all"}));
  }
  const auto sysroot = build();
  EXPECT_EQ(sysroot.filename(), undisturbed.filename());
  EXPECT_EQ(text_of(sysroot / "sysroot.json"), text_of(undisturbed / "sysroot.json"));
  EXPECT_EQ(run_process(command({"verify"})).exit_status, 0);
  EXPECT_TRUE(fs::is_empty(directory_ / "cache/building" / own_target));
}

}  // namespace
}  // namespace ebpfkit::host
