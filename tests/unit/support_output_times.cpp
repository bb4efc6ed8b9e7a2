// The times of outputs: whatever the clocks say, a build sees that an input has changed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "skeleton_support.hpp"
#include "support/file.hpp"
#include "support/file_state.hpp"

namespace ebpfkit::host::test {
namespace {

namespace fs = std::filesystem;
using clock = fs::file_time_type::clock;

class output_times : public testing::Test {
 protected:
  void SetUp() override {
    set_age(input_, std::chrono::hours(2));
    set_age(output_, std::chrono::hours(1));
  }

  static void set_age(const fs::path& path, std::chrono::hours age) {
    fs::last_write_time(path, clock::now() - age);
  }

  void date() const {
    const std::vector<fs::path> inputs{input_};
    date_output(output_, inputs);
  }

  work_directory work_;
  fs::path input_ = work_.write("input", "input");
  fs::path output_ = work_.write("output", "output");
};

TEST_F(output_times, a_kept_output_keeps_its_time) {
  const auto before = fs::last_write_time(output_);
  date();
  EXPECT_EQ(fs::last_write_time(output_), before);
}

TEST_F(output_times, an_input_of_the_future_makes_the_next_build_run_the_step) {
  const auto before = fs::last_write_time(output_);
  set_age(input_, -std::chrono::hours(48));
  date();
  EXPECT_NE(fs::last_write_time(output_), before);  // Ninja sees that the step has changed it
  EXPECT_LE(fs::last_write_time(output_), clock::now());
}

TEST_F(output_times, an_input_that_changes_meanwhile_is_newer_than_the_output) {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fs::last_write_time(input_, clock::now());
  fs::last_write_time(output_, clock::now());
  date();
  EXPECT_LT(fs::last_write_time(output_), fs::last_write_time(input_));
}

// The clock was wrong when the output was made.
TEST_F(output_times, an_output_of_the_future_gets_the_time_of_now) {
  set_age(output_, -std::chrono::hours(48));
  date();
  EXPECT_LE(fs::last_write_time(output_), clock::now());
}

TEST_F(output_times, devices_and_missing_files_are_left_alone) {
  output_ = work_.path() / "missing";
  date();
  EXPECT_FALSE(fs::exists(output_));
  output_ = "/dev/null";
  const auto before = fs::last_write_time(output_);
  date();
  EXPECT_EQ(fs::last_write_time(output_), before);
}

// file_state() trusts a file two seconds after its last change. utimensat(2) changes that time too.
void settle() {
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
}

TEST_F(output_times, a_new_file_has_no_reliable_state) {
  EXPECT_EQ(file_state(input_), "");
  settle();
  EXPECT_NE(file_state(input_), "");
}

TEST_F(output_times, a_time_of_the_future_is_not_reliable) {
  set_age(input_, -std::chrono::hours(48));
  settle();
  EXPECT_EQ(file_state(input_), "");
}

TEST_F(output_times, the_state_tells_a_file_that_has_the_old_size_and_time) {
  settle();
  const auto before = file_state(input_);
  const auto time = fs::last_write_time(input_);
  work_.write("input", "other");
  fs::last_write_time(input_, time);  // as `cp -p` does
  settle();
  const auto rewritten = file_state(input_);
  EXPECT_NE(rewritten, before);

  // As `mv` and `git checkout` do. rename(2) changes the time of change on most file systems.
  const auto other = work_.write("new", "third");
  fs::last_write_time(other, time);
  fs::rename(other, input_);
  settle();
  EXPECT_NE(file_state(input_), rewritten);
  EXPECT_NE(file_state(input_), before);
}

TEST_F(output_times, the_state_tells_a_file_whose_times_are_whole_seconds) {
  const auto second = std::chrono::floor<std::chrono::seconds>(clock::now());
  fs::last_write_time(input_, second);
  EXPECT_EQ(file_state(input_), "");  // a write in the same second could keep the time
}

}  // namespace
}  // namespace ebpfkit::host::test
