// `ebpfkit generate`, `build` and `completion`, run as people run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <regex>
#include <string>
#include <vector>

#include "btf_builder.hpp"
#include "host_support.hpp"
#include "support/depfile.hpp"
#include "support/process.hpp"
#include "support/shell_words.hpp"
#include "sources/compile_flags.hpp"
#include "temporary_directory.hpp"
#include "terminal_session.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;
using ebpfkit::test::temporary_directory;
using ebpfkit::test::terminal_session;
using test::text_of;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int wrong_words = 64;

process_result tool(std::vector<std::string> words) {
  words.insert(words.begin(), EBPFKIT_TOOL);
  return run_process(words);
}

process_result shell(const std::string& script) {
  return run_process({"bash", "-c", script});
}

class ByHand : public testing::Test {
 protected:
  ByHand() {
    test::btf_builder builder;
    const auto word = builder.integer("long unsigned int", 8);
    builder.record("pt_regs", 16, {{"di", word, 0}, {"r15", word, 64}});
    builder.record("sample", 16, {{"first", word, 0}, {"second", word, 64}});
    const auto bytes = builder.bytes();
    btf = directory.write("kernel.btf", {reinterpret_cast<const char*>(bytes.data()), bytes.size()})
              .string();
  }

  process_result generate(std::vector<std::string> words) const {
    words.insert(words.begin(), {"generate", "--btf", btf});
    return tool(words);
  }

  temporary_directory directory;
  std::string btf;
};

TEST_F(ByHand, GeneratePrintsTypesAndMembers) {
  const auto whole = generate({"sample"});
  EXPECT_EQ(whole.exit_status, 0) << whole.errors;
  EXPECT_THAT(whole.output, HasSubstr("struct sample {"));
  EXPECT_THAT(whole.output, HasSubstr("preserve_access_index"));
  EXPECT_THAT(whole.output, HasSubstr("kernel.btf"));
  EXPECT_THAT(whole.output, HasSubstr("second;"));
  const auto member = generate({"sample.first"});
  EXPECT_THAT(member.output, HasSubstr("first;"));
  EXPECT_THAT(member.output, Not(HasSubstr("second;")));
  EXPECT_THAT(generate({"--whole"}).output, HasSubstr("struct pt_regs {"));
}

TEST_F(ByHand, GenerateKnowsLanguages) {
  const auto cxx = generate({"--language", "cxx", "--namespace", "own", "sample"});
  EXPECT_EQ(cxx.exit_status, 0) << cxx.errors;
  EXPECT_THAT(cxx.output, HasSubstr("namespace own {"));
  EXPECT_THAT(cxx.output, HasSubstr("static_assert"));
  const auto no_bindgen =
      generate({"--language", "rust", "--bindgen", "/nowhere/bindgen", "sample"});
  EXPECT_EQ(no_bindgen.exit_status, 1);
  EXPECT_THAT(no_bindgen.errors, HasSubstr("/nowhere/bindgen"));
}

TEST_F(ByHand, GenerateRefusesWhatDoesNotFit) {
  struct wrong {
    std::vector<std::string> words;
    const char* text;
  };
  for (const auto& [words, text] :
       {wrong{{}, "generate: no type is named"},
        wrong{{"--language", "cxx", "--whole"}, "--whole does not go with --language cxx"},
        wrong{{"--language", "rust", "--from", "a.bpf.c"}, "--from does not go with"},
        wrong{{"--header", "linux/sched.h", "sample"}, "--btf does not go with --header"},
        wrong{{"--language", "cxx", "sample.first"}, "'sample.first' is a member"},
        wrong{{"smaple"}, "sample"}}) {
    const auto result = generate(words);
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.errors, HasSubstr(text));
    EXPECT_THAT(result.output, IsEmpty());
  }
}

TEST_F(ByHand, GenerateWritesAFile) {
  const auto header = (directory / "made").string() + "/types.h";
  const auto depfile = (directory / "types.d").string();
  const auto result = generate({"--output", header, "--depfile", depfile, "--json", "sample"});
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  const auto document = nlohmann::json::parse(result.output);
  EXPECT_EQ(document["command"], "generate");
  EXPECT_THAT(document["outputs"].dump(), HasSubstr("types.h"));
  EXPECT_EQ(text_of(header), generate({"sample"}).output);
  EXPECT_THAT(text_of(depfile), HasSubstr(escaped_for_depfile(btf)));
  const auto without_file = generate({"--json", "sample"});
  EXPECT_EQ(without_file.exit_status, wrong_words);
}

// `ebpfkit generate --whole | head` prints no error, also where the shell ignores SIGPIPE.
TEST_F(ByHand, AReaderMayStopEarly) {
  test::btf_builder builder;
  const auto word = builder.integer("long unsigned int", 8);
  for (int i = 0; i < 4000; ++i)
    builder.record("record_" + std::to_string(i), 8, {{"member_of_it", word, 0}});
  const auto bytes = builder.bytes();
  const auto large =
      directory.write("large.btf", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto command =
      shell_command({EBPFKIT_TOOL, "generate", "--whole", "--btf", large.string()});
  for (const std::string before : {"", "trap '' PIPE; "}) {
    const auto result = shell(before + command + " | head -c 20");
    EXPECT_EQ(result.output.size(), 20U);
    EXPECT_THAT(result.errors, IsEmpty());
  }
}

TEST(ExitStatuses, AreAsTheHelpTells) {
  const auto help = tool({"--help"});
  EXPECT_EQ(help.exit_status, 0);
  // Some versions of CLI11 break the lines of this text.
  EXPECT_THAT(std::regex_replace(help.output, std::regex("\\s+"), " "),
              HasSubstr("64: the command line is"));
  EXPECT_EQ(tool({}).exit_status, wrong_words);
  EXPECT_EQ(tool({"--no-such-option"}).exit_status, wrong_words);
  EXPECT_EQ(tool({"btf", "info"}).exit_status, wrong_words);
  EXPECT_EQ(tool({"generate", "--language", "ada", "x"}).exit_status, wrong_words);
  EXPECT_EQ(tool({"btf", "info", "/nowhere"}).exit_status, 1);
}

// docs/tool.md and --help tell the same statuses.
TEST(ExitStatuses, AreDocumented) {
  const auto help = tool({"--help"}).output;
  std::istringstream page(text_of(std::string(EBPFKIT_SOURCE_DIR) + "/docs/tool.md"));
  bool is_in_table = false;
  int count = 0;
  for (std::string line; std::getline(page, line);) {
    is_in_table = line == "| exit status | means |" || (is_in_table && line.starts_with('|'));
    const auto status = line.substr(0, line.find(" |", 2));
    if (!is_in_table || status.find_first_not_of("| 0123456789") != std::string::npos ||
        line.starts_with("|-"))
      continue;
    ++count;
    EXPECT_THAT(help, HasSubstr(" " + status.substr(2) + ": ")) << line;
  }
  EXPECT_EQ(count, 4);
}

TEST(Help, ShowsCommandsOfCMakeBehindThoseOfPeople) {
  const auto help = tool({"--help"}).output;
  const auto people = help.find("Commands for people");
  const auto cmake = help.find("Commands that EbpfKit's CMake commands call");
  ASSERT_NE(people, std::string::npos) << help;
  ASSERT_NE(cmake, std::string::npos) << help;
  EXPECT_LT(people, help.find("\n  generate "));
  EXPECT_LT(help.find("\n  generate "), cmake);
  EXPECT_LT(cmake, help.find("\n  bindings "));
}

TEST_F(ByHand, QuietLeavesProgressOut) {
  const auto cache = (directory / "cache").string();
  const std::vector<std::string> words{"btf",  "fetch", btf, "--name", "own/1/x86_64/1.0",
                                       "--to", cache};
  EXPECT_THAT(tool(words).errors, HasSubstr("BTF of"));
  auto quiet = words;
  quiet.emplace_back("--quiet");
  const auto result = tool(quiet);
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.output, HasSubstr("own/1/x86_64"));
}

TEST(DepfileByHand, SpellsOutputsAsTheUserDoes) {
  const std::vector<fs::path> outputs{"build/a b.o", "build/a.h"};
  const std::vector<fs::path> inputs{"/one/a.c", "/one/a h"};
  EXPECT_EQ(make_depfile_by_hand(outputs, inputs),
            "build/a\\ b.o build/a.h: \\\n /one/a.c \\\n /one/a\\ h\n"
            "\n/one/a.c:\n"
            "\n/one/a\\ h:\n");
}

TEST(CompileFlags, AreFilledInByTheTable) {
  compile_flags_request request;
  request.architecture = "arm64";
  request.mcpu = "v2";
  request.clang_major = 15;
  request.system_directories = {"/one", "/two"};
  request.own_flags = {"-DOWN"};
  const auto table =
      "# comment\n"
      "before --target=@TRIPLE@\n"
      "before-16 --newer\n"
      "behind -D@ARCH@-@MCPU@\n"
      "behind-each -I@SYSTEM@\n";
  const std::vector<std::string> expected{"--target=bpfel", "-DOWN", "-Darm64-v2", "-I/one",
                                          "-I/two"};
  EXPECT_EQ(compile_flags(table, request), expected);
  request.clang_major = 16;
  request.byte_order = std::endian::big;
  EXPECT_EQ(compile_flags(table, request)[0], "--target=bpfeb");
  EXPECT_EQ(compile_flags(table, request)[1], "--newer");
  for (const auto* wrong : {"before @NAME@", "after -O2", "before-x -O2", "before"})
    EXPECT_THROW(compile_flags(wrong, request), std::logic_error) << wrong;
}

// Colours are for a terminal only, and not where the user wants none (https://no-color.org).
TEST(BuildByHand, ShowsColoursOfTheCompilerOnATerminal) {
  const temporary_directory directory;
  const auto source = directory.write("wrong.bpf.c", "int wrong = ;\n").string();
  const std::vector<std::string> command{EBPFKIT_TOOL,
                                         "build",
                                         source,
                                         "--modules",
                                         std::string(EBPFKIT_SOURCE_DIR) + "/modules",
                                         "--output-dir",
                                         (directory / "made").string()};
  const auto on_terminal = [&](const std::string& setting) {
    auto words = command;
    words.insert(words.begin(), {"/usr/bin/env", "TERM=xterm", setting});
    terminal_session session(words);
    EXPECT_TRUE(session.wait_for("expected expression"));
    EXPECT_EQ(session.wait(), 1);
    return session.output();
  };
  constexpr const char* colour = "\x1b[";
  EXPECT_THAT(on_terminal("NO_COLOR="), HasSubstr(colour));
  EXPECT_THAT(on_terminal("NO_COLOR=1"), Not(HasSubstr(colour)));
  EXPECT_THAT(on_terminal("TERM=dumb"), Not(HasSubstr(colour)));
  const auto piped = run_process(command);
  EXPECT_EQ(piped.exit_status, 1);
  EXPECT_THAT(piped.errors, HasSubstr("expected expression"));
  EXPECT_THAT(piped.errors, Not(HasSubstr(colour)));
}

// The completion function itself gives the words.
TEST(Completion, OfBash) {
  const auto script = tool({"completion", "bash"});
  ASSERT_EQ(script.exit_status, 0) << script.errors;
  const temporary_directory directory;
  const auto file = directory.write("completion.bash", script.output).string();
  const auto words_after = [&](const std::string& line) {
    return shell("source " + shell_command({file}) + " && COMP_WORDS=(" + line +
                 ") && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && _ebpfkit && "
                 "printf '%s\\n' \"${COMPREPLY[@]}\"")
        .output;
  };
  EXPECT_THAT(shell("source " + shell_command({file}) + " && complete -p ebpfkit").output,
              HasSubstr("-F _ebpfkit ebpfkit"));
  EXPECT_EQ(words_after("ebpfkit gen"), "generate\n");
  EXPECT_EQ(words_after("ebpfkit kernel fe"), "fetch\n");
  EXPECT_EQ(words_after("ebpfkit generate --who"), "--whole\n");
  EXPECT_THAT(words_after("ebpfkit build --output-dir x --skel"), HasSubstr("--skeleton\n"));
}

TEST(Completion, OfFish) {
  if (shell("command -v fish").exit_status != 0)
    GTEST_SKIP() << "fish is not installed";
  const temporary_directory directory;
  const auto file = directory.write("ebpfkit.fish", tool({"completion", "fish"}).output).string();
  const auto words_after = [&](const std::string& line) {
    return run_process({"fish", "--no-config", "-c",
                        "source " + shell_command({file}) + "; complete -C '" + line + "'"})
        .output;
  };
  EXPECT_THAT(words_after("ebpfkit kernel fe"), testing::StartsWith("fetch\t"));
  EXPECT_THAT(words_after("ebpfkit generate --who"), testing::StartsWith("--whole\t"));
}

// Each shell that is installed takes its script.
TEST(Completion, OfOtherShells) {
  const temporary_directory directory;
  for (const std::string name : {"zsh", "fish"}) {
    const auto script = tool({"completion", name});
    EXPECT_EQ(script.exit_status, 0) << script.errors;
    EXPECT_THAT(script.output, HasSubstr("sysroot build"));
    const auto file = directory.write("completion." + name, script.output).string();
    const auto checked =
        shell("! command -v " + name + " >/dev/null || " + name + " -n " + shell_command({file}));
    EXPECT_EQ(checked.exit_status, 0) << checked.errors;
  }
}

}  // namespace
}  // namespace ebpfkit::host
