// Inputs whose content changes while their time goes back: which changes the check finds.
#include "support/input_times.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "skeleton_support.hpp"
#include "support/depfile.hpp"

namespace ebpfkit::host::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class input_times : public testing::Test {
 protected:
  void SetUp() override {
    request_.list = work_.path() / "list";
    request_.record = work_.path() / "record";
    request_.stamp = work_.path() / "stamp";
    work_.write("input", "first");
    work_.write("header", "first");
    wait();
    work_.write("output", "made");
    work_.write("list", "output " + (work_.path() / "output").string() + "\ninput " +
                            input_.string() + "\ndepfile " + depfile_.string() + "\n");
  }

  // Longer than the kernel's clock takes to the next time of a file.
  static void wait() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

  void write_old(const fs::path& path, const std::string& content) const {
    work_.write(path.filename().string(), content);
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1000));
  }

  std::vector<fs::path> check() const {
    wait();
    return check_input_times(request_);
  }

  // Whether the check renews the stamp.
  bool is_renewed() const {
    const auto before = fs::last_write_time(request_.stamp);
    check();
    return fs::last_write_time(request_.stamp) != before;
  }

  work_directory work_;
  input_times_request request_;
  fs::path input_ = work_.path() / "input";
  fs::path header_ = work_.path() / "header";
  fs::path depfile_ = work_.path() / "output.d";
};

TEST_F(input_times, the_first_check_makes_the_stamp) {
  EXPECT_THAT(check(), IsEmpty());
  EXPECT_TRUE(fs::exists(request_.stamp));
  EXPECT_FALSE(is_renewed());
}

TEST_F(input_times, older_content_is_found_once) {
  check();
  write_old(input_, "other");
  EXPECT_THAT(check(), ElementsAre(input_));
  EXPECT_THAT(check(), IsEmpty());
  write_old(input_, "third");
  EXPECT_TRUE(is_renewed());
}

TEST_F(input_times, newer_content_is_left_to_ninja_and_make) {
  check();
  work_.write("input", "other");
  EXPECT_FALSE(is_renewed());
}

TEST_F(input_times, a_link_to_another_old_file) {
  const auto link = work_.path() / "link";
  fs::create_symlink(input_, link);
  write_old(work_.path() / "other", "other");
  work_.write("list", "output " + (work_.path() / "output").string() + "\ninput " + link.string());
  check();
  fs::remove(link);
  fs::create_symlink("other", link);
  EXPECT_THAT(check(), ElementsAre(link));
}

// A step writes its depfile after the check, so the record does not have the header yet.
TEST_F(input_times, a_header_that_changed_since_the_last_check) {
  check();
  work_.write("output.d", make_depfile("output", std::vector{header_}));
  EXPECT_THAT(check(), IsEmpty());
  fs::remove(request_.record);
  fs::remove(depfile_);
  check();
  work_.write("output.d", make_depfile("output", std::vector{header_}));
  wait();
  write_old(header_, "other");
  EXPECT_THAT(check(), ElementsAre(header_));
}

TEST_F(input_times, what_the_build_makes_is_no_input) {
  check();
  const auto made = work_.path() / "build" / "made";
  work_.write("build/made", "first");
  const auto output = work_.path() / "output";
  work_.write(
      "output.d",
      make_depfile("output", std::vector{work_.path() / "sub" / ".." / "build" / "made", output}));
  work_.write("list", read_text(request_.list) + "made " + (work_.path() / "build").string());
  check();
  work_.write("build/made", "other");
  fs::last_write_time(made, fs::file_time_type::clock::now() - std::chrono::hours(1000));
  write_old(output, "other");
  EXPECT_THAT(check(), IsEmpty());
}

TEST(depfile_inputs, are_what_was_written) {
  const std::vector<fs::path> paths{"/a b", "/a#b", "/$a$$", "/a\\b", "/a\\\\ b", "/a:b"};
  EXPECT_EQ(depfile_inputs(make_depfile("/out put", paths)), paths);
  EXPECT_EQ(depfile_inputs("out: \\\n  /a\\ b\t/c\\\n\n"), (std::vector<fs::path>{"/a b", "/c"}));
  EXPECT_THAT(depfile_inputs(""), IsEmpty());
  EXPECT_THAT(depfile_inputs("out:\n"), IsEmpty());
}

}  // namespace
}  // namespace ebpfkit::host::test
