// The man pages that `ebpfkit manual` writes.
#include "tool/man_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "support/failure.hpp"
#include "temporary_directory.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host {
namespace {

using tool::man_pages;
using tool::manual_command;
using tool::roff_text;
using tool::synopsis_of;

manual_command check_command() {
  manual_command check{"ebpfkit core check", "Check", "See bpf(2)", {}, {}};
  check.options.push_back({"--btf", "TEXT", "", "BTF of a kernel", false, true, true});
  check.options.push_back({"-a, --all", "", "", "List all", false, false, false});
  check.options.push_back({"object", "", "", "An object", true, true, true});
  check.options.push_back({"filter", "", "", "A name", true, false, false});
  return check;
}

TEST(man_pages, text_is_no_request) {
  EXPECT_EQ(roff_text(".so a\\b\n'c -d\ne.f"), "\\&.so a\\eb\n\\&'c \\-d\ne.f");
}

TEST(man_pages, synopsis_has_what_is_required) {
  EXPECT_EQ(synopsis_of(check_command()),
            "ebpfkit core check [OPTION]... --btf TEXT... object... [filter]");
  EXPECT_EQ(synopsis_of({"ebpfkit core", "", "", {}, {check_command()}}), "ebpfkit core COMMAND");
}

TEST(man_pages, a_page_has_the_subcommands_of_its_command) {
  const manual_command core{"ebpfkit core", "Relocations", "", {}, {check_command()}};
  const auto pages = man_pages({"ebpfkit", "The tool", "", {}, {core}}, "1.2.3");
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_EQ(pages[0].file_name, "ebpfkit.1");
  EXPECT_THAT(pages[0].text, testing::HasSubstr(".TP\n\\fBebpfkit\\-core\\fR(1)\nRelocations.\n"));
  EXPECT_EQ(pages[1].file_name, "ebpfkit-core.1");
  EXPECT_THAT(pages[1].text, testing::StartsWith(".TH EBPFKIT\\-CORE 1 \"\" \"EbpfKit 1.2.3\""));
  EXPECT_THAT(
      pages[1].text,
      testing::HasSubstr(".TP\n\\fB\\-\\-btf\\fR \\fITEXT\\fR...\nBTF of a kernel. Required.\n"));
  EXPECT_THAT(pages[1].text, testing::HasSubstr("\nSee bpf(2)\n"));
}

void run_tool(std::vector<std::string> words) {
  CLI::App app("Host tool", "ebpfkit");
  tool::add_commands(app);
  app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
}

TEST(man_pages, each_subcommand_has_a_page) {
  const ebpfkit::test::temporary_directory directory;
  run_tool({"manual", "--output", directory.path().string()});
  CLI::App app("Host tool", "ebpfkit");
  tool::add_commands(app);
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  ASSERT_GT(commands.size(), 10U);
  for (const auto* command : commands)
    EXPECT_TRUE(
        std::filesystem::exists(directory.path() / ("ebpfkit-" + command->get_name() + ".1")))
        << command->get_name();
}

TEST(man_pages, something_must_be_asked_for) {
  try {
    run_tool({"manual"});
    FAIL() << "no error";
  } catch (const failure& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("neither --output nor --json"));
    EXPECT_THAT(error.remedy(), testing::HasSubstr("--output DIRECTORY"));
  }
}

}  // namespace
}  // namespace ebpfkit::host
