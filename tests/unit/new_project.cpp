// New projects: their names, what templates become, and what is written.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "host_support.hpp"
#include "small_disk.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"
#include "temporary_directory.hpp"
#include "templates/new_project.hpp"
#include "templates/project_name.hpp"
#include "templates/project_template.hpp"
#include "templates/project_writer.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;
using ebpfkit::test::small_disk;
using ebpfkit::test::temporary_directory;
using test::failure_of;
using test::text_of;
using testing::HasSubstr;
using testing::Not;

TEST(project_names, usable_names) {
  for (const auto* name : {"packets", "a", "My_tool2", "tc_guard", "xdp"})
    EXPECT_EQ(project_name_problem(name), "") << name;
}

TEST(project_names, unusable_names_get_a_suggestion) {
  const std::map<std::string, std::string> suggestions{
      {"", "my_bpf"},         {"my-tool", "my_tool"},
      {"2fast", "bpf_2fast"}, {"_x", "x"},
      {"class", "my_class"},  {"test", "my_test"},
      {"linux", "my_linux"},  {"a b/../c", "a_b_c"},
      {"\xc3\xa4", "my_bpf"}, {"stats", "my_stats"},
      {"tests", "my_tests"},  {"Testing", "my_Testing"},
      {"--", "my_bpf"},       {std::string(80, 'x'), std::string(64, 'x')},
      {"ebpf", "my_ebpf"},    {"a;b", "a_b"},
      {"std", "my_std"},
  };
  for (const auto& [name, suggestion] : suggestions) {
    EXPECT_NE(project_name_problem(name), "") << name;
    EXPECT_EQ(suggested_project_name(name), suggestion) << name;
    EXPECT_EQ(project_name_problem(suggestion), "") << suggestion;
  }
  EXPECT_EQ(failure_of([] { check_project_name("my-tool"); }),
            "new: the name 'my-tool' cannot be used: a name begins with a letter and has letters, "
            "digits and _ only\nWrite for example my_tool.");
}

// The names that targets of EbpfKit's own have.
TEST(project_names, inspection_targets_are_not_usable) {
  const auto table =
      text_of(fs::path(EBPFKIT_SOURCE_DIR) / "modules/detail/inspection_targets.txt");
  int count = 0;
  for (const auto& line : split_text(table, '\n')) {
    if (line.empty() || line.front() == '#')
      continue;
    ++count;
    EXPECT_NE(project_name_problem(line.substr(0, line.find(' '))), "") << line;
  }
  EXPECT_GT(count, 20);
}

class project_templates : public testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& known : shipped_.list())
      found.push_back(known.name);
    return found;
  }

  // The text of a file of the project, or an empty text when there is none.
  std::string file_of(const new_project& project, std::string_view path) const {
    for (const auto& file : files_of(project, shipped_))
      if (file.path == path)
        return file.text;
    return {};
  }

  // A directory of templates with a template "one", whose CMakeLists.txt has this text.
  template_directory own_templates(const std::string& cmake_text) const {
    own_.write("common/README.md", "THE_NAME");
    own_.write("one/about.txt", "One\n");
    own_.write("one/CMakeLists.txt", cmake_text);
    return template_directory(own_.path());
  }

  template_directory shipped_{fs::path(EBPFKIT_SOURCE_DIR) / "templates/projects"};
  temporary_directory own_;
  new_project project_{.name = "mine",
                       .template_name = "xdp",
                       .how = vendor::find_package,
                       .repository = "https://example.org/ebpfkit.git",
                       .revision = "v1",
                       .presets = "/opt/share/openwrt.json"};
};

TEST_F(project_templates, each_has_all_that_a_project_needs) {
  EXPECT_THAT(names(),
              testing::ElementsAre("c", "cgroup", "fentry", "iterator", "kprobe", "library", "lsm",
                                   "openwrt", "sched_ext", "tc", "tracepoint", "uprobe", "xdp"));
  for (const auto& known : shipped_.list()) {
    EXPECT_THAT(known.about, testing::SizeIs(testing::Gt(10))) << known.name;
    project_.template_name = known.name;
    std::set<std::string> paths;
    std::string all;
    for (const auto& file : files_of(project_, shipped_)) {
      paths.insert(file.path.string());
      all += file.path.string() + "\n" + file.text;
    }
    for (const auto* path :
         {".clang-format", ".clangd", ".editorconfig", ".github/workflows/kernels.yml",
          ".gitignore", ".gitlab-ci.yml", "CMakeLists.txt", "CMakePresets.json",
          "CMakeUserPresets.json", "CONTRIBUTING.md", "README.md", "ci/install_ebpfkit.sh",
          "tests/CMakeLists.txt", "tests/expect.h"})
      EXPECT_TRUE(paths.contains(path)) << known.name << ": " << path;
    const auto ends_with = [](const char* end) {
      return [end](const std::string& path) { return path.ends_with(end); };
    };
    EXPECT_EQ(std::ranges::count_if(paths, ends_with(".bpf.c")), 1) << known.name;
    EXPECT_EQ(paths.count("tests/unit_test.cpp") + paths.count("tests/unit_test.c"), 1)
        << known.name;
    EXPECT_THAT(all, Not(HasSubstr("THE_NAME"))) << known.name;
    EXPECT_THAT(all, Not(HasSubstr("THE_PRESETS"))) << known.name;
    EXPECT_FALSE(paths.contains("about.txt")) << known.name;
    EXPECT_THAT(file_of(project_, "README.md"), HasSubstr("What you change first:")) << known.name;
    EXPECT_THAT(file_of(project_, "tests/CMakeLists.txt"), HasSubstr("ebpf_add_load_test"))
        << known.name;
  }
}

TEST_F(project_templates, cmake_lists_are_short) {
  for (const auto& name : names()) {
    for (const auto& [word, meaning] : vendor_words()) {
      project_.template_name = name;
      project_.how = meaning;
      for (const auto* path : {"CMakeLists.txt", "tests/CMakeLists.txt"})
        EXPECT_LT(std::ranges::count(file_of(project_, path), '\n'), 25) << name << ' ' << word;
    }
  }
}

TEST_F(project_templates, vendors) {
  EXPECT_THAT(file_of(project_, "CMakeLists.txt"), HasSubstr("\nfind_package(EbpfKit REQUIRED)\n"));
  project_.how = vendor::fetchcontent;
  EXPECT_THAT(
      file_of(project_, "CMakeLists.txt"),
      HasSubstr(
          "\ninclude(FetchContent)\nFetchContent_Declare(EbpfKit GIT_REPOSITORY "
          "https://example.org/ebpfkit.git GIT_TAG v1)\nFetchContent_MakeAvailable(EbpfKit)\n"));
  project_.how = vendor::submodule;
  const auto text = file_of(project_, "CMakeLists.txt");
  EXPECT_THAT(text, HasSubstr("\nadd_subdirectory(external/ebpfkit)\n"));
  EXPECT_THAT(text, Not(HasSubstr("find_package")));
  EXPECT_THAT(
      first_commands(project_),
      testing::Contains("git submodule add https://example.org/ebpfkit.git external/ebpfkit"));
}

TEST_F(project_templates, a_repository_is_checked) {
  project_.how = vendor::fetchcontent;
  project_.repository = "";
  EXPECT_THAT(failure_of([&] { check(project_); }), HasSubstr("new: --repository is missing"));
  for (const auto* repository : {"a b", "x)y", "$(id)", "--upload-pack=x", "a;b", "a\"b"}) {
    project_.repository = repository;
    EXPECT_THAT(failure_of([&] { check(project_); }), HasSubstr("has characters that git, CMake"))
        << repository;
  }
  project_.repository = "git@example.org:me/ebpfkit.git";
  EXPECT_EQ(failure_of([&] { check(project_); }), "no failure");
  project_.revision = "";
  EXPECT_THAT(failure_of([&] { check(project_); }), HasSubstr("new: --revision is missing"));
}

TEST_F(project_templates, presets_of_routers) {
  project_.presets = "/a \"b\"/x.json";
  EXPECT_THAT(file_of(project_, "CMakeUserPresets.json"), HasSubstr(R"("/a \"b\"/x.json")"));
  project_.presets = "";
  EXPECT_EQ(file_of(project_, "CMakeUserPresets.json"), "");
}

TEST_F(project_templates, an_unknown_template_gets_the_nearest_name) {
  const auto said = failure_of([&] { shipped_.require("tracepiont"); });
  EXPECT_THAT(said, HasSubstr("new: there is no template 'tracepiont'; nearest: tracepoint\n"));
  EXPECT_THAT(said, HasSubstr("cgroup, fentry"));
  // These are directories, and no templates.
  EXPECT_THAT(failure_of([&] { shipped_.require("common"); }), HasSubstr("there is no template"));
  EXPECT_THAT(failure_of([&] { shipped_.require("../ci"); }), HasSubstr("there is no template"));
}

TEST_F(project_templates, own_templates_are_checked) {
  EXPECT_THAT(failure_of([&] { template_directory(own_ / "none"); }),
              HasSubstr("has no directory 'common'"));
  project_.template_name = "one";
  EXPECT_THAT(failure_of([&] { files_of(project_, own_templates("project(x)\n")); }),
              HasSubstr("CMakeLists.txt of the template 'one' does not find EbpfKit"));
  const auto templates = own_templates("find_package(EbpfKit REQUIRED)\n");
  EXPECT_EQ(files_of(project_, templates).size(), 2U);
  fs::create_symlink("/etc/passwd", own_ / "one/link");
  EXPECT_THAT(failure_of([&] { files_of(project_, templates); }),
              HasSubstr("is neither a file nor a directory"));
}

// A template's file stands for the common one.
TEST_F(project_templates, own_files_before_common_ones) {
  const auto templates = own_templates("find_package(EbpfKit REQUIRED)\n");
  own_.write("one/README.md", "own");
  project_.template_name = "one";
  const auto files = files_of(project_, templates);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1].text, "own");
}

class project_files : public testing::Test {
 protected:
  // The paths of all that is in the directory.
  std::set<std::string> entries() const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(work_.path()))
      found.insert(entry.path().lexically_relative(work_.path()).string());
    return found;
  }

  std::string failure_of_writing(const fs::path& directory) const {
    return failure_of([&] { write_project(directory, files_); });
  }

  temporary_directory work_;
  std::vector<project_file> files_{{"a.txt", "a"}, {"src/b.txt", "b"}, {"src/deep/c.txt", "c"}};
  const std::set<std::string> all_{"p",           "p/a.txt",    "p/src",
                                   "p/src/b.txt", "p/src/deep", "p/src/deep/c.txt"};
};

TEST_F(project_files, a_new_directory) {
  write_project(work_ / "p", files_);
  EXPECT_EQ(entries(), all_);
  EXPECT_EQ(text_of(work_ / "p/src/deep/c.txt"), "c");
  // As mkdir(1) makes it.
  const auto mask = ::umask(0);
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat((work_ / "p").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0777U & ~mask);
}

TEST_F(project_files, an_empty_directory) {
  fs::create_directory(work_ / "p");
  write_project(work_ / "p", files_);
  EXPECT_EQ(entries(), all_);
}

TEST_F(project_files, a_directory_with_other_files) {
  work_.write("p/src/other.txt", "other");
  write_project(work_ / "p", files_);
  auto expected = all_;
  expected.insert("p/src/other.txt");
  EXPECT_EQ(entries(), expected);
  EXPECT_EQ(text_of(work_ / "p/src/other.txt"), "other");
}

TEST_F(project_files, nothing_is_overwritten) {
  work_.write("p/src/deep/c.txt", "mine");
  const auto said = failure_of_writing(work_ / "p");
  EXPECT_THAT(said, HasSubstr("has files that the project would have, too: 'src/deep/c.txt'"));
  EXPECT_THAT(said, HasSubstr("Nothing was written."));
  EXPECT_EQ(text_of(work_ / "p/src/deep/c.txt"), "mine");
  EXPECT_EQ(entries(), (std::set<std::string>{"p", "p/src", "p/src/deep", "p/src/deep/c.txt"}));
}

// A link would lead to another directory, also one that leads nowhere.
TEST_F(project_files, links_are_not_followed) {
  fs::create_directories(work_ / "p");
  fs::create_directories(work_ / "elsewhere");
  fs::create_symlink(work_ / "elsewhere", work_ / "p/src");
  EXPECT_THAT(failure_of_writing(work_ / "p"), HasSubstr("too: 'src', 'src'"));
  fs::remove(work_ / "p/src");
  fs::create_symlink(work_ / "nowhere", work_ / "p/a.txt");
  EXPECT_THAT(failure_of_writing(work_ / "p"), HasSubstr("too: 'a.txt'"));
  EXPECT_EQ(entries(), (std::set<std::string>{"elsewhere", "p", "p/a.txt"}));
}

TEST_F(project_files, a_file_in_place_of_the_directory) {
  work_.write("p", "a file");
  EXPECT_THAT(failure_of_writing(work_ / "p"), HasSubstr("is no directory"));
  EXPECT_EQ(text_of(work_ / "p"), "a file");
}

TEST_F(project_files, no_directory_to_write_into) {
  const auto said = failure_of_writing(work_ / "none/p");
  EXPECT_THAT(said, HasSubstr("there is no directory '" + (work_ / "none").string() +
                              "'\nNothing was written. Make that directory first"));
  EXPECT_EQ(entries(), std::set<std::string>{});
}

// Nobody, not even root, can make a file in /proc.
TEST_F(project_files, a_directory_where_nobody_may_write) {
  EXPECT_THAT(failure_of_writing("/proc/p"), HasSubstr("new: cannot write '/proc/p'"));
  EXPECT_THAT(failure_of_writing("/proc/self"), HasSubstr("new: cannot write '/proc/self'"));
}

TEST_F(project_files, a_full_disk_leaves_nothing) {
  const small_disk disk(work_ / "disk", 8);
  if (!disk.is_mounted())
    GTEST_SKIP() << "needs root";
  files_.push_back({"z.txt", std::string(std::size_t{1} << 20, 'z')});
  EXPECT_THAT(failure_of_writing(work_ / "disk/p"),
              testing::AllOf(HasSubstr("disk/p/z.txt'"), HasSubstr("No space left on device")));
  EXPECT_EQ(entries(), std::set<std::string>{"disk"});
  EXPECT_THAT(failure_of_writing(work_ / "disk"), HasSubstr("No space left on device"));
  EXPECT_EQ(entries(), std::set<std::string>{"disk"});
}

}  // namespace
}  // namespace ebpfkit::host
