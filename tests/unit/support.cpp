// Files and processes: no file is half-written, nothing is lost.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/depfile.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/nearest_names.hpp"
#include "support/process.hpp"
#include "support/shell_words.hpp"

namespace {

using namespace ebpfkit::host;
namespace fs = std::filesystem;

class output : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  std::string text(const fs::path& path) {
    const auto bytes = read_file(path);
    return {bytes.begin(), bytes.end()};
  }
  std::size_t files() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }
  void age(const fs::path& path) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }

  fs::path directory_ =
      fs::temp_directory_path() / ("ebpfkit-output-" + std::to_string(::getpid()));
  fs::path file_ = directory_ / "file";
};

TEST_F(output, writes_and_creates_the_directory) {
  write_output(directory_ / "a" / "b", "content", unchanged::keep);
  EXPECT_EQ(text(directory_ / "a" / "b"), "content");
}

TEST_F(output, the_same_content_keeps_or_renews_the_time) {
  write_output(file_, "content", unchanged::keep);
  age(file_);
  const auto before = fs::last_write_time(file_);
  write_output(file_, "content", unchanged::keep);
  EXPECT_EQ(fs::last_write_time(file_), before);
  write_output(file_, "content", unchanged::touch);
  EXPECT_GT(fs::last_write_time(file_), before);
  write_output(file_, "changed", unchanged::keep);
  EXPECT_EQ(text(file_), "changed");
  EXPECT_EQ(files(), 1U);
}

TEST_F(output, a_failure_leaves_nothing_behind) {
  fs::create_directories(file_);  // a file cannot replace a directory
  EXPECT_THROW(write_output(file_, "content", unchanged::keep), failure);
  EXPECT_EQ(files(), 1U);
}

TEST_F(output, a_link_stays_and_what_it_leads_to_is_replaced) {
  write_output(directory_ / "real" / "file", "old", unchanged::keep);
  fs::create_symlink("real/file", directory_ / "link");
  fs::create_symlink("link", file_);
  write_output(file_, "new", unchanged::keep);
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_TRUE(fs::is_symlink(directory_ / "link"));
  EXPECT_EQ(text(directory_ / "real" / "file"), "new");
}

TEST_F(output, a_link_to_nothing_makes_what_it_leads_to) {
  fs::create_symlink("missing", file_);
  write_output(file_, "new", unchanged::keep);
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_EQ(text(directory_ / "missing"), "new");
}

TEST_F(output, links_in_a_circle_fail) {
  fs::create_symlink("file", directory_ / "other");
  fs::create_symlink("other", file_);
  EXPECT_THROW(write_output(file_, "new", unchanged::keep), failure);
}

TEST_F(output, a_fifo_is_written_into) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  // Open the FIFO for reading and writing, so that neither side waits for the other.
  const int reader = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  write_output(file_, "one", unchanged::keep);
  {
    temporary_file temporary(file_);
    std::ofstream(temporary.path()) << "two";
    temporary.commit(unchanged::keep);
  }
  char got[7] = {};
  EXPECT_EQ(::read(reader, got, 6), 6);
  ::close(reader);
  EXPECT_STREQ(got, "onetwo");
  EXPECT_TRUE(fs::is_fifo(file_));
  EXPECT_EQ(files(), 1U);
}

TEST_F(output, a_device_stays_and_its_errors_are_told) {
  fs::create_symlink("/dev/full", file_);
  EXPECT_THROW(write_output(file_, "content", unchanged::keep), failure);
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(output, an_abandoned_temporary_file_goes) {
  {
    temporary_file temporary(file_);
    std::ofstream(temporary.path()) << "half";
    EXPECT_EQ(files(), 1U);
  }
  EXPECT_EQ(files(), 0U);
}

TEST(read_file, names_the_file_and_the_reason) {
  try {
    read_file("/nowhere/at/all");
    FAIL();
  } catch (const failure& error) {
    EXPECT_STREQ(error.what(), "cannot read '/nowhere/at/all': No such file or directory");
  }
  EXPECT_THROW(read_file("/"), failure);
}

TEST(read_file, reads_files_whose_size_is_not_known) {
  EXPECT_FALSE(read_file("/proc/self/status").empty());
}

TEST(sha256, known_digests) {
  EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// As GCC writes them with -MD, and as Ninja reads them.
TEST(depfile, escapes_paths_as_compilers_do) {
  EXPECT_EQ(escaped_for_depfile("/a/b.h"), "/a/b.h");
  EXPECT_EQ(escaped_for_depfile("a b"), "a\\ b");
  EXPECT_EQ(escaped_for_depfile("a#b"), "a\\#b");
  EXPECT_EQ(escaped_for_depfile("a$b"), "a$$b");
  EXPECT_EQ(escaped_for_depfile("a\\b"), "a\\b");
  EXPECT_EQ(escaped_for_depfile("a\\ b"), "a\\\\\\ b");
  EXPECT_EQ(escaped_for_depfile("a\\\\b c"), "a\\\\b\\ c");
}

TEST(depfile, names_all_inputs) {
  const std::vector<fs::path> inputs = {"/in put", "/other"};
  EXPECT_EQ(make_depfile("/out", inputs), "/out: \\\n /in\\ put \\\n /other\n");
}

TEST(edit_distance, counts_changed_letters) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 1), 2U) << "above the limit";
  EXPECT_EQ(edit_distance("openat", "opneat"), 1U) << "two neighbours change their places";
  EXPECT_EQ(edit_distance("do_unlinkta", "do_unlinkat", 1), 1U);
  EXPECT_EQ(edit_distance("abcd", "badc", 2), 2U);
  EXPECT_EQ(edit_distance("abcd", "badc", 1), 2U) << "above the limit";
  EXPECT_EQ(edit_distance("abc", "cba"), 2U);
}

TEST(process, keeps_both_outputs_and_the_status) {
  const auto result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
}

TEST(process, more_output_than_a_pipe_holds) {
  const auto result =
      run_process({"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero"});
  EXPECT_EQ(result.output.size(), 300000U);
  EXPECT_EQ(result.errors.size(), 300000U);
}

TEST(process, a_signal_counts_as_128_and_its_number) {
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}).exit_status, 137);
}

TEST(process, a_missing_program_is_named) {
  EXPECT_THROW(run_process({"/nowhere/program"}), failure);
}

using words = std::vector<std::string>;

TEST(shell_words, commands_are_quoted_where_a_shell_would_see_more) {
  EXPECT_EQ(shell_command({"cd", "/a-b/c_d.e", "-DX=1"}), "cd /a-b/c_d.e -DX=1");
  EXPECT_EQ(shell_command({"cd", "a b", "$(id)", "it's", ""}), R"(cd 'a b' '$(id)' 'it'\''s' '')");
  const words all{"", "a b", "'", "\"", "\\", "*", "~", "a;b", "\n", "$HOME"};
  EXPECT_EQ(split_shell_words(shell_command(all)), all);
}

TEST(shell_words, blanks_part_words_and_quotes_keep_them) {
  EXPECT_EQ(split_shell_words(" -include  a.h\t-DX "), (words{"-include", "a.h", "-DX"}));
  EXPECT_EQ(split_shell_words(R"(-DA="b c" 'd "e' f\ g "h\"i" '')"),
            (words{"-DA=b c", "d \"e", "f g", "h\"i", ""}));
  EXPECT_EQ(split_shell_words(""), words{});
  EXPECT_THROW(split_shell_words("-D'x"), failure);
}

TEST(shell_words, options_that_belong_together) {
  EXPECT_EQ(expand_shell_options({"-O2", "SHELL:-include a.h", "SHELL:-include b.h", "SHELL:"}),
            (words{"-O2", "-include", "a.h", "-include", "b.h"}));
}

}  // namespace
