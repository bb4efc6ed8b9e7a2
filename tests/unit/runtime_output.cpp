// Who gets what libbpf prints.
#include "ebpfkit/output.hpp"

#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bpf_compiler.hpp"
#include "ebpfkit/object.hpp"
#include "temporary_directory.hpp"

namespace {

using ebpfkit::output_level;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// libbpf warns about the object, and prints debug output while it opens it.
ebpfkit::result<ebpfkit::object> open_broken_object() {
  static constexpr unsigned char no_elf_file[] = "no ELF file";
  ebpfkit::object_description description{};
  description.name = "nothing";
  description.bytes = no_elf_file;
  description.size = sizeof(no_elf_file);
  return ebpfkit::object::open(description, nullptr);
}

// A test leaves the process without a callback, as most tests expect.
class runtime_output : public testing::Test {
 protected:
  void TearDown() override { libbpf_set_print(nullptr); }
};

std::vector<std::pair<libbpf_print_level, std::string>> kept;

[[gnu::format(printf, 2, 0)]] int keep(libbpf_print_level level, const char* format,
                                       va_list arguments) {
  char text[1024];
  vsnprintf(text, sizeof(text), format, arguments);
  kept.emplace_back(level, text);
  return 0;
}

TEST_F(runtime_output, the_applications_callback_gets_what_libbpf_prints_during_our_calls) {
  libbpf_set_print(keep);
  for (int round = 0; round < 2; ++round) {
    kept.clear();
    const auto opened = open_broken_object();
    ASSERT_FALSE(opened);
    std::string warnings;
    for (const auto& [level, text] : kept)
      warnings += level == LIBBPF_WARN ? text : "";
    EXPECT_THAT(warnings, HasSubstr("nothing"));
    // The error has it too.
    EXPECT_THAT(opened.error().libbpf_log, HasSubstr(warnings));
  }
}

libbpf_print_fn_t callback_before = nullptr;

int call_the_one_before(libbpf_print_level level, const char* format, va_list arguments) {
  return callback_before(level, format, arguments);
}

TEST_F(runtime_output, an_error_has_each_message_once_when_callbacks_are_chained) {
  const auto usual = open_broken_object();
  callback_before = libbpf_set_print(call_the_one_before);
  ASSERT_NE(callback_before, nullptr);
  const auto chained = open_broken_object();
  ASSERT_FALSE(chained);
  EXPECT_EQ(chained.error().libbpf_log, usual.error().libbpf_log);
}

// What the callback does has its own errors with logs of their own.
TEST_F(runtime_output, a_sink_that_calls_the_library_gets_whole_errors) {
  std::string inner;
  ebpfkit::set_output(
      [&](output_level, std::string_view) { inner = open_broken_object().error().libbpf_log; });
  const auto opened = open_broken_object();
  ASSERT_FALSE(opened);
  EXPECT_EQ(inner, opened.error().libbpf_log);
}

TEST_F(runtime_output, without_callback_nothing_is_printed_during_our_calls) {
  libbpf_set_print(nullptr);
  testing::internal::CaptureStderr();
  const auto opened = open_broken_object();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), IsEmpty());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().libbpf_log, Not(IsEmpty()));
}

TEST_F(runtime_output, a_sink_gets_levels_and_texts) {
  std::vector<output_level> levels;
  std::string all;
  ebpfkit::set_output(
      [&](output_level level, std::string_view text) {
        levels.push_back(level);
        all += text;
      },
      output_level::debug);
  ASSERT_FALSE(open_broken_object());
  EXPECT_THAT(levels, Contains(output_level::warning));
  EXPECT_THAT(levels, Contains(output_level::debug));
  EXPECT_THAT(all, HasSubstr("nothing"));
  levels.clear();
  ebpfkit::set_output([&](output_level level, std::string_view) { levels.push_back(level); },
                      output_level::warning);
  ASSERT_FALSE(open_broken_object());
  EXPECT_THAT(levels, Each(output_level::warning));
  EXPECT_THAT(levels, Not(IsEmpty()));
  levels.clear();
  ebpfkit::set_output(nullptr);
  ASSERT_FALSE(open_broken_object());
  EXPECT_THAT(levels, IsEmpty());
}

TEST_F(runtime_output, a_sink_gets_no_control_characters) {
  std::string all;
  ebpfkit::set_output([&](output_level, std::string_view text) { all += text; });
  EXPECT_EQ(bpf_object__open_file("/no/such/\x1b[31mfile", nullptr), nullptr);
  ASSERT_FALSE(open_broken_object());
  EXPECT_THAT(all, HasSubstr("/no/such/?[31mfile"));
}

TEST_F(runtime_output, a_sink_may_call_the_library_and_exchange_itself) {
  int calls = 0;
  ebpfkit::set_output([&](output_level, std::string_view) {
    ++calls;
    EXPECT_FALSE(open_broken_object());
    ebpfkit::set_output([&](output_level, std::string_view) { calls += 100; });
  });
  ASSERT_FALSE(open_broken_object());
  EXPECT_EQ(calls % 100, 1);
  calls = 0;
  ASSERT_FALSE(open_broken_object());
  EXPECT_GE(calls, 100);
}

// Each thread's error has the log of its own call, and the sink sees both.
TEST_F(runtime_output, threads_share_a_sink) {
  std::atomic<int> calls{0};
  ebpfkit::set_output([&](output_level, std::string_view) { ++calls; });
  const auto work = [] {
    for (int i = 0; i < 200; ++i) {
      const auto opened = open_broken_object();
      ASSERT_FALSE(opened);
      ASSERT_THAT(opened.error().libbpf_log, HasSubstr("nothing"));
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_GE(calls, 400);
}

TEST_F(runtime_output, verbose_writes_to_stderr) {
  ebpfkit::set_verbose(output_level::warning);
  testing::internal::CaptureStderr();
  ASSERT_FALSE(open_broken_object());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("nothing"));
}

// The standard error output of the probe.
std::string errors_of(const std::string& command) {
  FILE* stream = popen((command + " 2>&1 >/dev/null").c_str(), "re");
  std::string text;
  char part[512];
  while (fgets(part, sizeof(part), stream))
    text += part;
  EXPECT_EQ(pclose(stream), 0) << text;
  return text;
}

TEST_F(runtime_output, the_environment_makes_it_verbose) {
  const std::string probe = EBPFKIT_OUTPUT_PROBE;
  EXPECT_THAT(errors_of("env -u EBPFKIT_VERBOSE '" + probe + "'"), IsEmpty());
  EXPECT_THAT(errors_of("EBPFKIT_VERBOSE=0 '" + probe + "'"), IsEmpty());
  EXPECT_THAT(errors_of("EBPFKIT_VERBOSE= '" + probe + "'"), IsEmpty());
  const auto text = errors_of("EBPFKIT_VERBOSE=1 '" + probe + "'");
  EXPECT_THAT(text, HasSubstr("libbpf: "));
  EXPECT_THAT(text, HasSubstr("loading object 'nothing' from buffer"));  // debug output
}

TEST_F(runtime_output, programs_with_more_rights_than_their_user_ignore_the_environment) {
  constexpr uid_t another_user = 12345;
  const ebpfkit::test::temporary_directory work;
  struct statvfs system {};
  ASSERT_EQ(statvfs(work.path().c_str(), &system), 0);
  if (geteuid() != 0 || (system.f_flag & ST_NOSUID) != 0)
    GTEST_SKIP() << "needs root and a temporary directory where setuid works";
  const auto probe = work / "probe";
  std::filesystem::copy_file(EBPFKIT_OUTPUT_PROBE, probe);
  std::filesystem::permissions(work.path(), std::filesystem::perms::all);
  EXPECT_THAT(errors_of("EBPFKIT_VERBOSE=1 '" + probe.string() + "'"), Not(IsEmpty()));
  ASSERT_EQ(chown(probe.c_str(), another_user, another_user), 0);
  std::filesystem::permissions(probe, static_cast<std::filesystem::perms>(04755));
  // The shell would give up its rights, but it has none more.
  EXPECT_THAT(errors_of("EBPFKIT_VERBOSE=1 '" + probe.string() + "'"), IsEmpty());
}

}  // namespace
