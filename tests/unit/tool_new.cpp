// `ebpfkit new` as users and scripts call it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/process.hpp"
#include "temporary_directory.hpp"
#include "terminal_session.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;
using ebpfkit::test::temporary_directory;
using ebpfkit::test::terminal_session;
using testing::HasSubstr;

class tool_new : public testing::Test {
 protected:
  std::vector<std::string> command(std::vector<std::string> arguments) const {
    std::vector<std::string> words{EBPFKIT_TOOL, "new", "--templates",
                                   std::string(EBPFKIT_SOURCE_DIR) + "/templates/projects"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }

  process_result run(const std::vector<std::string>& arguments) const {
    return run_process(command(arguments));
  }

  std::string place() const { return (work_ / "p").string(); }
  bool is_empty() const { return fs::is_empty(work_.path()); }

  temporary_directory work_;
};

TEST_F(tool_new, a_script) {
  const auto made = run({"mine", "--template", "xdp", "--directory", place()});
  EXPECT_EQ(made.exit_status, 0) << made.errors;
  EXPECT_THAT(made.output, HasSubstr("Made '" + place() + "' with "));
  // Paths with a space are quoted for the shell.
  EXPECT_THAT(made.output, HasSubstr("\n  cd '" + place() + "'\n  cmake --preset default\n"));
  EXPECT_TRUE(fs::exists(work_ / "p/src/packets.bpf.c"));

  const auto again = run({"mine", "--template", "xdp", "--directory", place()});
  EXPECT_EQ(again.exit_status, 1);
  EXPECT_THAT(again.errors, HasSubstr("has files that the project would have, too: "));
}

TEST_F(tool_new, json) {
  const auto made = run({"mine", "--template", "c", "--directory", place() + "/", "--json",
                         "--vendor", "submodule", "--repository", "/src/ebpfkit"});
  ASSERT_EQ(made.exit_status, 0) << made.errors;
  const auto json = nlohmann::json::parse(made.output);
  EXPECT_EQ(json["command"], "new");
  EXPECT_EQ(json["name"], "mine");
  EXPECT_EQ(json["template"], "c");
  EXPECT_EQ(json["vendor"], "submodule");
  EXPECT_EQ(json["directory"], place());
  EXPECT_GT(json["files"].size(), 10U);
  for (const auto& file : json["files"])
    EXPECT_TRUE(fs::is_regular_file(work_ / "p" / file.get<std::string>())) << file;
  EXPECT_EQ(json["next"][1], "git init");

  const auto listed = run({"--list", "--json"});
  ASSERT_EQ(listed.exit_status, 0) << listed.errors;
  EXPECT_THAT(nlohmann::json::parse(listed.output).dump(), HasSubstr(R"("name":"sched_ext")"));
}

TEST_F(tool_new, quiet) {
  const auto made = run({"mine", "--template", "tc", "--directory", place(), "--quiet"});
  EXPECT_EQ(made.exit_status, 0);
  EXPECT_EQ(made.output + made.errors, "");
  EXPECT_TRUE(fs::exists(work_ / "p/README.md"));
}

TEST_F(tool_new, a_script_is_not_asked) {
  const auto without_name = run({"--directory", place()});
  EXPECT_EQ(without_name.exit_status, 1);
  EXPECT_THAT(without_name.errors, HasSubstr("new: the name of the project is missing\n"));
  const auto without_template = run({"mine", "--directory", place()});
  EXPECT_EQ(without_template.exit_status, 1);
  EXPECT_THAT(without_template.errors, HasSubstr("new: --template is missing\n"));
  EXPECT_TRUE(is_empty());
}

TEST_F(tool_new, wrong_words) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"my-tool", "--template", "xdp"}, "Write for example my_tool."},
      {{"mine", "--template", "xpd"}, "there is no template 'xpd'; nearest: xdp"},
      {{"mine", "--template", "xdp", "--vendor", "fetch_content"},
       "--vendor 'fetch_content' is no way to get EbpfKit; nearest: fetchcontent"},
      {{"mine", "--template", "xdp", "--vendor", "fetchcontent"}, "--repository is missing"},
  };
  for (auto [words, message] : wrong) {
    words.insert(words.end(), {"--directory", place()});
    const auto failed = run(words);
    EXPECT_EQ(failed.exit_status, 1) << message;
    EXPECT_THAT(failed.errors, HasSubstr(message));
  }
  EXPECT_TRUE(is_empty());
}

// A tool that is not installed has no templates beside it.
TEST_F(tool_new, templates_that_are_not_there) {
  const auto failed = run_process({EBPFKIT_TOOL, "new", "mine", "--template", "xdp"});
  EXPECT_EQ(failed.exit_status, 1);
  EXPECT_THAT(failed.errors,
              HasSubstr("share/ebpfkit/templates/projects' has no directory 'common'"));
}

TEST_F(tool_new, a_user_is_asked) {
  terminal_session session(command({}));
  ASSERT_TRUE(session.wait_for("Name [my_bpf]: ")) << session.output();
  session.type("my-tool\n");
  ASSERT_TRUE(session.wait_for("Write for example my_tool.")) << session.output();
  ASSERT_TRUE(session.wait_for("Name [my_bpf]: ")) << session.output();
  session.type("my_tool\n");
  ASSERT_TRUE(session.wait_for("sched_ext")) << session.output();
  ASSERT_TRUE(session.wait_for("Template [tracepoint]: ")) << session.output();
  session.type("\n");
  ASSERT_TRUE(session.wait_for("Directory [./my_tool]: ")) << session.output();
  session.type(place() + "\n");
  ASSERT_TRUE(session.wait_for("How the project gets EbpfKit [find_package]: "))
      << session.output();
  session.type("\n");
  ASSERT_TRUE(session.wait_for("These files go to '" + place() + "':")) << session.output();
  ASSERT_TRUE(session.wait_for("src/execs.bpf.c")) << session.output();
  ASSERT_TRUE(session.wait_for("Write them? [Y/n] ")) << session.output();
  EXPECT_TRUE(is_empty());
  session.type("\n");
  ASSERT_TRUE(session.wait_for("cmake --preset default")) << session.output();
  EXPECT_EQ(session.wait(), 0) << session.output();
  EXPECT_TRUE(fs::exists(work_ / "p/src/execs.bpf.c"));
}

TEST_F(tool_new, only_what_is_not_given_is_asked) {
  terminal_session session(command({"mine", "--directory", place(), "--vendor", "fetchcontent"}));
  ASSERT_TRUE(session.wait_for("Template [tracepoint]: ")) << session.output();
  session.type("xdp\n");
  ASSERT_TRUE(session.wait_for("Address of EbpfKit's git repository: ")) << session.output();
  session.type("/src/ebpfkit\n");
  ASSERT_TRUE(session.wait_for("Write them? [Y/n] ")) << session.output();
  session.type("n\n");
  EXPECT_EQ(session.wait(), 0) << session.output();
  EXPECT_THAT(session.output(), HasSubstr("Nothing was written."));
  EXPECT_THAT(session.output(), testing::Not(HasSubstr("Name [")));
  EXPECT_TRUE(is_empty());
}

TEST_F(tool_new, a_user_who_gave_all_is_not_asked) {
  terminal_session session(command({"mine", "--template", "xdp", "--directory", place()}));
  EXPECT_EQ(session.wait(), 0) << session.output();
  EXPECT_THAT(session.output(), testing::Not(HasSubstr("Write them?")));
  EXPECT_FALSE(is_empty());
}

// Ctrl-D ends the input, and Ctrl-C the tool.
TEST_F(tool_new, a_user_goes_away) {
  for (const auto& [keys, status] : {std::pair("\x04", 1), std::pair("\x03", 128 + SIGINT)}) {
    terminal_session session(command({"--directory", place(), "--template", "xdp"}));
    ASSERT_TRUE(session.wait_for("Name [my_bpf]: ")) << session.output();
    session.type("\n");
    ASSERT_TRUE(session.wait_for("[find_package]: ")) << session.output();
    session.type(keys);
    EXPECT_EQ(session.wait(), status) << session.output();
    EXPECT_TRUE(is_empty());
  }
}

}  // namespace
}  // namespace ebpfkit::host
