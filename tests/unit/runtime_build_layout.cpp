// Whether a kernel has the layout that the programs were built with, on invented kernels.
#include "kernel_types/build_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ebpfkit::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A task_struct of 64 bytes.
class made_up_task : public task_reader {
 public:
  std::optional<std::uint32_t> word_at(std::uint32_t offset) override {
    std::uint32_t word = 0;
    if (offset + sizeof(word) > sizeof(bytes))
      return std::nullopt;
    memcpy(&word, bytes + offset, sizeof(word));
    return word;
  }
  std::optional<std::uint64_t> ids() override { return ids_; }

  void put(std::size_t offset, std::uint32_t word) { memcpy(bytes + offset, &word, sizeof(word)); }

  char bytes[64] = {};
  std::optional<std::uint64_t> ids_ = std::uint64_t{7} << 32 | 9;
};

class runtime_build_layout : public testing::Test {
 protected:
  runtime_build_layout() {
    task.put(8, 9);
    task.put(12, 7);
    prctl(PR_GET_NAME, task.bytes + 16);
  }

  layout_comparison compare() { return compare_layout(build, running, task); }

  embedded_build_kernel build{{"x86_64", "6.1.0", "", "", 0}, "#1 SMP", "pid:8 tgid:12 comm:16"};
  machine running{"6.1.0", "#1 SMP", "x86_64", "", ""};
  made_up_task task;
};

TEST_F(runtime_build_layout, all_agrees) {
  const auto compared = compare();
  EXPECT_THAT(compared.mismatches, IsEmpty());
  EXPECT_THAT(compared.agreements,
              ElementsAre("architecture", "release", "version", "task_struct.pid",
                          "task_struct.tgid", "task_struct.comm"));
  EXPECT_EQ(compared.not_compared, "");
}

TEST_F(runtime_build_layout, each_difference_is_told) {
  running.version = "#2 SMP";
  task.put(12, 8);
  task.bytes[17] ^= 1;
  EXPECT_THAT(compare().mismatches,
              ElementsAre("The kernel's version is '#2 SMP', at build time it was '#1 SMP'.",
                          HasSubstr("At byte 12 of the kernel's task_struct, where 'tgid'"),
                          HasSubstr("At byte 16 of the kernel's task_struct, where 'comm'")));
}

TEST_F(runtime_build_layout, another_release) {
  running.release = "6.1.1";
  EXPECT_THAT(compare().mismatches,
              ElementsAre("The kernel's release is '6.1.1', at build time it was '6.1.0'."));
}

TEST_F(runtime_build_layout, memory_of_another_architecture_says_nothing) {
  running.architecture = "arm64";
  task.put(8, 0);
  EXPECT_THAT(compare().mismatches, ElementsAre(HasSubstr("architecture is 'arm64'")));
}

TEST_F(runtime_build_layout, what_the_build_did_not_know_is_not_compared) {
  build.version = "";
  build.task_offsets = "tgid:12";
  running.version = "#7";
  const auto compared = compare();
  EXPECT_THAT(compared.mismatches, IsEmpty());
  EXPECT_THAT(compared.agreements, ElementsAre("architecture", "release", "task_struct.tgid"));
}

TEST_F(runtime_build_layout, memory_that_cannot_be_read) {
  task.ids_.reset();
  auto compared = compare();
  EXPECT_THAT(compared.mismatches, IsEmpty());
  EXPECT_THAT(compared.not_compared, HasSubstr("Linux 5.10"));
  task.ids_ = 0;
  build.task_offsets = "pid:63";
  EXPECT_THAT(compare().mismatches,
              ElementsAre(AllOf(HasSubstr("Byte 63 of"), HasSubstr("cannot be read"))));
}

TEST_F(runtime_build_layout, recorded_offsets_that_are_damaged) {
  for (const char* text : {"", " ", ":", "pid", "pid:", "pid:x", "pid:99999999999", ":8", "pid:-1",
                           "pid::8", "pid: 8"}) {
    build.task_offsets = text;
    const auto compared = compare();
    EXPECT_THAT(compared.mismatches, IsEmpty()) << text;
    EXPECT_EQ(compared.agreements.size(), 3U) << text;
  }
}

TEST(runtime_task_reader, reads_this_thread) {
  if (geteuid() != 0)
    GTEST_SKIP() << "needs root";
  kernel_task_reader reader;
  const auto ids = reader.ids();
  ASSERT_TRUE(ids) << "BPF_PROG_TEST_RUN of raw tracepoint programs: Linux 5.10";
  // The test has one thread, whose ids in the initial PID namespace are equal.
  EXPECT_EQ(*ids >> 32, static_cast<std::uint32_t>(*ids));
  EXPECT_TRUE(reader.word_at(0));
}

}  // namespace
}  // namespace ebpfkit::detail
