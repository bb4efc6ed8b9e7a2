// The command lines that the documentation and --help show are taken as they are shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tool/command.hpp"

namespace ebpfkit::host {
namespace {

using words = std::vector<std::string>;

void each_command(CLI::App& app, const std::function<void(CLI::App&)>& function) {
  function(app);
  for (auto* subcommand : app.get_subcommands([](CLI::App*) { return true; }))
    each_command(*subcommand, function);
}

// What the commands throw in place of doing their work.
struct is_parsed {};

// The tool's commands. They only parse.
std::unique_ptr<CLI::App> make_app() {
  auto app = std::make_unique<CLI::App>("", "ebpfkit");
  tool::add_commands(*app);
  each_command(
      *app, [](CLI::App& command) { command.parse_complete_callback([] { throw is_parsed(); }); });
  return app;
}

bool is_list(const CLI::Option& option) {
  return option.get_expected_max() > 1;
}

// Parses the words, and returns what the positionals of all commands got, in order.
words positionals_of(CLI::App& app, words arguments) {
  std::reverse(arguments.begin(), arguments.end());
  EXPECT_THROW(app.parse(arguments), is_parsed);
  words found;
  each_command(app, [&](CLI::App& command) {
    for (const auto* option : command.get_options()) {
      if (option->get_positional() && option->count() != 0)
        found.insert(found.end(), option->results().begin(), option->results().end());
    }
  });
  return found;
}

words split(const std::string& text) {
  std::istringstream stream(text);
  words found;
  for (std::string word; stream >> word;)
    found.push_back(word);
  return found;
}

// Repeats what may be repeated, and gives what may be left out.
std::string expanded(std::string synopsis) {
  synopsis = std::regex_replace(synopsis, std::regex(R"(\[([^\]]*)\]\.\.\.)"), "$1 $1");
  synopsis = std::regex_replace(synopsis, std::regex(R"((\S+)\.\.\.)"), "$1 $1");
  return std::regex_replace(synopsis, std::regex(R"([\[\]])"), "");
}

TEST(tool_synopses, expansion) {
  EXPECT_EQ(expanded("core check --btf FILE [--btf FILE]... OBJECT..."),
            "core check --btf FILE --btf FILE --btf FILE OBJECT OBJECT");
  EXPECT_EQ(split(expanded("btf diff A B [TYPE...]")), split("btf diff A B TYPE TYPE"));
}

TEST(tool_synopses, table_of_commands) {
  std::ifstream file(std::string(EBPFKIT_SOURCE_DIR) + "/docs/reference/tool.md");
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, std::regex(R"(^\| `ebpfkit ([^`]+)`)")))
      continue;
    ++count;
    const auto arguments = split(expanded(match[1]));
    words expected;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const bool is_value = i != 0 && arguments[i - 1].substr(0, 2) == "--";
      const bool is_command = std::islower(static_cast<unsigned char>(arguments[i][0])) != 0;
      if (!is_value && arguments[i].substr(0, 2) != "--" && (!is_command || i > 1))
        expected.push_back(arguments[i]);
    }
    const auto app = make_app();
    EXPECT_EQ(positionals_of(*app, arguments), expected) << line;
  }
  EXPECT_GE(count, 5);
}

// The command lines of `ebpfkit` in a page: the lines of indented blocks. "..." stands for more
// words that the page leaves out, so such a line is left out, too. So are lines of drawings.
words command_lines_of(const std::filesystem::path& page) {
  std::ifstream file(page);
  words lines;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, std::regex(R"(^    (?:sudo )?ebpfkit (.*))")))
      continue;
    auto text = std::regex_replace(match[1].str(), std::regex(R"( +(#|&&|\||>) .*)"), "");
    text = std::regex_replace(text, std::regex("<[^>]*>|'[^']*'"), "x");
    if (text.find("...") == std::string::npos && text.find("──") == std::string::npos)
      lines.push_back(std::move(text));
  }
  return lines;
}

TEST(tool_synopses, pages) {
  std::size_t count = 0;
  const std::filesystem::path docs(std::string(EBPFKIT_SOURCE_DIR) + "/docs");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(docs)) {
    if (entry.path().extension() != ".md")
      continue;
    for (const auto& line : command_lines_of(entry.path())) {
      auto arguments = split(line);
      std::reverse(arguments.begin(), arguments.end());
      const auto app = make_app();
      EXPECT_THROW(app->parse(arguments), is_parsed) << entry.path() << ": ebpfkit " << line;
      ++count;
    }
  }
  EXPECT_GT(count, 20U);
}

std::string value_for(const CLI::Option& option) {
  return option.get_name() == "--endian"                             ? "little"
         : option.get_name() == "--accelerator"                      ? "auto"
         : option.get_name() == "--language"                         ? "cxx"
         : option.get_name() == "--mcpu"                             ? "v3"
         : option.get_name() == "--skeleton"                         ? "both"
         : option.get_type_name().find("FLOAT") != std::string::npos ? "1"
         : option.get_type_name().find("INT") != std::string::npos   ? "1"
                                                                     : "value";
}

// "Usage: ebpfkit core check [OPTIONS] object...", with each of the options in front.
TEST(tool_synopses, help) {
  std::vector<words> commands;
  std::function<void(CLI::App&, words)> collect = [&](CLI::App& app, const words& path) {
    const auto subcommands = app.get_subcommands([](CLI::App*) { return true; });
    if (subcommands.empty())
      commands.push_back(path);
    for (auto* subcommand : subcommands) {
      auto longer = path;
      longer.push_back(subcommand->get_name());
      collect(*subcommand, longer);
    }
  };
  const auto all = make_app();
  collect(*all, {});
  ASSERT_GT(commands.size(), 10U);

  for (const auto& path : commands) {
    const CLI::App* command = all.get();
    for (const auto& name : path)
      command = command->get_subcommand(name);
    words required;
    words positionals;
    words others;
    for (const auto* option : command->get_options()) {
      if (option->get_positional()) {
        for (int i = 0; i < (is_list(*option) ? 2 : 1); ++i)
          positionals.push_back(option->get_name() + std::to_string(i));
      } else if (option->get_required()) {
        required.insert(required.end(), {option->get_name(), value_for(*option)});
      } else if (option->get_expected_max() > 0 && option->get_needs().empty()) {
        others.push_back(option->get_name());
      }
    }
    others.push_back("");
    for (const auto& other : others) {
      auto arguments = path;
      arguments.insert(arguments.end(), required.begin(), required.end());
      if (!other.empty())
        arguments.insert(arguments.end(), {other, value_for(*command->get_option(other))});
      // The compiler's own flags follow.
      if (path == words{"compile"})
        arguments.emplace_back("--");
      arguments.insert(arguments.end(), positionals.begin(), positionals.end());
      std::string text;
      for (const auto& word : arguments)
        text += word + ' ';
      const auto app = make_app();
      EXPECT_EQ(positionals_of(*app, arguments), positionals) << text;
    }
  }
}

// An option that takes all words up to the next option takes the positionals, too.
TEST(tool_synopses, options_take_one_value) {
  const auto app = make_app();
  each_command(*app, [](CLI::App& command) {
    for (const auto* option : command.get_options()) {
      if (!option->get_positional() && is_list(*option)) {
        EXPECT_FALSE(option->get_allow_extra_args())
            << command.get_name() << ' ' << option->get_name();
      }
    }
  });
}

std::string hint_for(std::vector<const char*> line) {
  return tool::misspelt_word_hint(*make_app(), line);
}

TEST(misspelt_words, subcommands_are_listed) {
  EXPECT_THAT(hint_for({"skelton"}), testing::HasSubstr("skeleton"));
  EXPECT_EQ(hint_for({"core", "minimize"}),
            "  'minimize' is no subcommand of 'core'. It has: list, check, minimise\n");
  EXPECT_EQ(hint_for({"core", "check"}), "");
}

TEST(misspelt_words, the_nearest_option_is_told) {
  EXPECT_EQ(hint_for({"bindings", "--btf", "a", "--typ=b"}),
            "  '--typ' is no option of 'bindings'. The nearest is --type.\n");
  EXPECT_THAT(hint_for({"btf", "info", "--jsn"}), testing::HasSubstr("--json"));
  EXPECT_EQ(hint_for({"bindings", "--zzzzzz"}), "");
  // These are the compiler's.
  EXPECT_EQ(hint_for({"compile", "--source", "a", "--", "clang", "--targe"}), "");
}

}  // namespace
}  // namespace ebpfkit::host
