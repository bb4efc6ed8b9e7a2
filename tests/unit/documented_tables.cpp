// Tables of the documentation agree with what they list.
#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "runtime/errors/rejection.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host {
namespace {

using words = std::vector<std::string>;

std::ifstream open_of_source(const std::string& path) {
  return std::ifstream(std::string(EBPFKIT_SOURCE_DIR) + "/" + path);
}

words words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// "NAME=value" and "NAME='value'" in a text.
words variables_in(const std::string& text) {
  words names;
  const std::regex variable("\\b([A-Z][A-Z_]+)=");
  for (std::sregex_iterator found(text.begin(), text.end(), variable), end; found != end; ++found)
    names.push_back((*found)[1]);
  return names;
}

// The targets of inspection_targets.txt and CMake's own `all` and `clean`, with the variables that
// they read.
std::map<std::string, words> variables_of_targets() {
  std::map<std::string, words> variables{{"all", {}}, {"clean", {}}};
  auto rows = open_of_source("modules/detail/inspection_targets.txt");
  const std::regex row(R"(^([a-z-]+) *\| *[a-z]+ *\| *([A-Z_ ]*)\|.*)");
  for (std::string line; std::getline(rows, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row))
      variables[match[1]] = words_of(match[2]);
  }
  return variables;
}

// Each command line that builds a target of a project names one that exists, and variables that it
// reads. The programs of the pages are `packets`.
TEST(documented_tables, command_lines_with_targets) {
  auto variables = variables_of_targets();
  variables["inspect-help"] = {};
  variables["verifier-baseline"] = {};
  int count = 0;
  const std::string root(EBPFKIT_SOURCE_DIR);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/docs")) {
    if (entry.path().extension() != ".md")
      continue;
    std::ifstream page(entry.path());
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    const std::regex command(
        "((?:[A-Z_]+=\\S+ )*)cmake --build (?:build|--preset default) --target ([a-z_-]+)");
    for (std::sregex_iterator found(text.begin(), text.end(), command), end; found != end;
         ++found) {
      const auto name = std::regex_replace((*found)[2].str(), std::regex("-packets$"), "");
      if (name.rfind("bench_", 0) == 0)
        continue;
      ++count;
      const auto known = variables.find(name);
      ASSERT_NE(known, variables.end()) << entry.path() << ": " << (*found)[0];
      for (const auto& variable : variables_in((*found)[1]))
        EXPECT_THAT(known->second, testing::Contains(variable)) << (*found)[0];
    }
  }
  EXPECT_GE(count, 20);
}

// Each row names a target that exists, and variables that it reads.
TEST(documented_tables, targets_in_place_of_bpftool) {
  const auto variables = variables_of_targets();
  for (const auto& [path, least] :
       {std::pair("docs/from-bpftool.md", 40), std::pair("docs/cheat-sheet.md", 20)}) {
    auto page = open_of_source(path);
    int count = 0;
    for (std::string line; std::getline(page, line);) {
      std::smatch match;
      if (!std::regex_match(line, match, std::regex(R"(\| (.+) \| `([a-z-]+)` \|(.*)\|)")))
        continue;
      ++count;
      const auto known = variables.find(match[2]);
      ASSERT_NE(known, variables.end()) << "no target: " << line;
      for (const auto& name : variables_in(match[3]))
        EXPECT_THAT(known->second, testing::Contains(name)) << line;
    }
    EXPECT_GE(count, least) << path;
  }
}

// What guides to bpftool, Aya and libbpf tell people to type. Each has a row, also what does not
// exist.
TEST(documented_tables, commands_of_guides) {
  words commands;
  auto page = open_of_source("docs/from-bpftool.md");
  for (std::string line; std::getline(page, line);)
    if (line.rfind("| ", 0) == 0)
      commands.push_back(line.substr(2, line.find(" | ", 2) - 2));
  for (const char* command : {
           "`bpftool prog list`",
           "`bpftool prog show`",
           "`bpftool prog show id 87`",
           "`bpftool prog show type xdp`",
           "`bpftool prog show pinned ",
           "`bpftool prog dump xlated id 87`",
           "`bpftool prog dump xlated id 87 visual ",
           "`... name my_xdp`, `... linum`",
           "`bpftool prog dump jited id 87`",
           "`bpftool prog dump relo id 87`",
           "`bpftool prog load program.o ",
           "`bpftool -d prog load program.o ",
           "`... verbose`",
           "`bpftool prog pin id 87 ",
           "`bpftool prog profile id 87 duration 10 cycles instructions`",
           "`bpftool prog trace id 87`",
           "`bpftool prog tracelog`",
           "`bpftool map list`",
           "`bpftool map show`",
           "`bpftool map show id 12`, `... name events`",
           "`bpftool map list \\| grep events`",
           "`bpftool map dump id 12`, `... name counts`",
           "`bpftool map lookup id 12 key hex ",
           "`bpftool map update id 12 key ",
           "`bpftool map pin id 12 ",
           "`watch -n 1 bpftool map dump ",
           "`bpftool link list`",
           "`bpftool link show`",
           "`bpftool link detach id 5`",
           "`bpftool net show`",
           "`bpftool net attach xdp id 87 dev eth0`",
           "`bpftool obj show`",
           "`bpftool perf trace`",
           "`bpftool btf dump file program.o`",
           "`bpftool btf dump file /sys/kernel/btf/vmlinux ",
           "`bpftool feature probe`",
           "`bpftool feature probe dev eth0`",
           "`sysctl -w ",
           "net.core.bpf_stats_enabled",
           "`memlock`",
           "`aya-tool generate task_struct ",
           "`aya-tool generate --btf ",
           "`aya-tool generate --header ",
           "`cargo xtask build`",
           "`cargo xtask build-ebpf`",
           "`cargo xtask build-bpf`",
           "`cargo xtask codegen`",
           "`cargo xtask run`",
           "`cargo build --target bpfel-unknown-none --release`",
           "`cargo build --release`",
           "`cargo run`",
           "`cargo clean`",
           "`cargo install bpf-linker`",
           "`cargo install cargo-generate`",
           "`make bpf`",
           "`make load`",
           "`make list-progs`",
           "`make dump-map MAP_ID=12`",
           "`make pin-prog ",
           "`make verbose-load`",
           "`sudo target/release/loader`",
       })
    EXPECT_THAT(commands, testing::Contains(testing::HasSubstr(command)));
}

// "kernel fetch, build, list" in a row stand for three subcommands; "skeleton ..." for those of the
// group.
words commands_of_row(const std::string& text) {
  words found;
  std::string group;
  const std::regex quoted("`([^`]+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at) {
    auto command = (*at)[1].str();
    if (command.find(' ') != std::string::npos || group.empty())
      group = command.substr(0, command.find(' '));
    else if (group != "bindings" && command != "inputs")
      command = group + " " + command;
    found.push_back(std::move(command));
  }
  return found;
}

// Each subcommand with --json has a row in docs/json.md, and each row is a subcommand with --json.
TEST(documented_tables, json_of_subcommands) {
  words documented;
  auto page = open_of_source("docs/json.md");
  bool is_in_table = false;
  for (std::string line; std::getline(page, line);) {
    is_in_table = line.rfind("| subcommand |", 0) == 0 || (is_in_table && line.rfind('|', 0) == 0);
    if (!is_in_table)
      continue;
    const auto cell = line.substr(2, line.find(" | ") - 2);
    for (const auto& command : commands_of_row(cell))
      documented.push_back(command);
  }
  const auto is_documented = [&](const std::string& path) {
    return std::any_of(documented.begin(), documented.end(), [&](const std::string& command) {
      const auto dots = command.find(" ...");
      return command == path ||
             (dots != std::string::npos && path.rfind(command.substr(0, dots + 1), 0) == 0);
    });
  };
  CLI::App app("", "ebpfkit");
  tool::add_commands(app);
  std::size_t count = 0;
  const std::function<void(const CLI::App&, const std::string&)> look =
      [&](const CLI::App& command, const std::string& path) {
        const auto subcommands = command.get_subcommands([](const CLI::App*) { return true; });
        for (const auto* subcommand : subcommands)
          look(*subcommand,
               path.empty() ? subcommand->get_name() : path + " " + subcommand->get_name());
        if (!subcommands.empty())
          return;
        const bool has_json = command.get_option_no_throw("--json") != nullptr;
        count += has_json ? 1 : 0;
        EXPECT_EQ(has_json, is_documented(path)) << path;
      };
  look(app, "");
  EXPECT_GT(count, 40U);
}

TEST(documented_tables, kinds_of_rejections) {
  const auto last = static_cast<std::size_t>(detail::rejection::other);
  std::vector<std::string> expected;
  for (std::size_t kind = 0; kind <= last; ++kind) {
    const auto& texts = detail::texts_of(static_cast<detail::rejection>(kind));
    expected.push_back(std::string("| `") + texts.name + "` | " + texts.title + " |");
  }
  std::vector<std::string> rows;
  auto page = open_of_source("docs/inspect.md");
  bool is_in_table = false;
  for (std::string line; std::getline(page, line);) {
    is_in_table = line == "| kind | means |" || (is_in_table && line.substr(0, 1) == "|");
    if (is_in_table && line.substr(0, 3) == "| `")
      rows.push_back(line);
  }
  EXPECT_EQ(rows, expected);
}

// What people paste. The name of the kind is in the second cell of the row.
TEST(documented_tables, messages_of_rejections) {
  int count = 0;
  bool is_in_table = false;
  auto page = open_of_source("docs/how-to/rejected-program.md");
  for (std::string line; std::getline(page, line);) {
    is_in_table = line == "| the verifier or libbpf says | kind |" ||
                  (is_in_table && line.substr(0, 1) == "|");
    const auto second_cell = line.find(" | `");
    if (!is_in_table || second_cell == std::string::npos)
      continue;
    const auto kind = line.substr(second_cell + 4, line.rfind('`') - second_cell - 4);
    const auto messages = line.substr(0, second_cell);
    const std::regex quoted("`([^`]+)`");
    for (std::sregex_iterator at(messages.begin(), messages.end(), quoted), end; at != end; ++at) {
      const auto message = (*at)[1].str();
      const auto* known = detail::find_verifier_message(message);
      if (!known)
        known = detail::find_libbpf_message(message);
      ASSERT_TRUE(known) << message;
      EXPECT_EQ(detail::texts_of(known->is).name, kind) << message;
      ++count;
    }
  }
  EXPECT_GE(count, 20);
}

}  // namespace
}  // namespace ebpfkit::host
