// What the tool tells while it works, and to whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/progress.hpp"
#include "temporary_directory.hpp"
#include "terminal_session.hpp"

namespace ebpfkit::host {
namespace {

using ebpfkit::test::temporary_directory;
using ebpfkit::test::terminal_session;
using testing::HasSubstr;
using testing::Not;

TEST(Progress, ComesAfterTwoSecondsAndThenOnceASecond) {
  const progress_clock::time_point begin{};
  progress_clock clock(begin);
  EXPECT_FALSE(clock.is_due(begin + std::chrono::milliseconds(1999)));
  EXPECT_TRUE(clock.is_due(begin + std::chrono::milliseconds(2000)));
  EXPECT_FALSE(clock.is_due(begin + std::chrono::milliseconds(2999)));
  EXPECT_TRUE(clock.is_due(begin + std::chrono::milliseconds(5000)));
  EXPECT_FALSE(clock.is_due(begin + std::chrono::milliseconds(5999)));
}

// The object is not there, so the command fails after the line.
TEST(Progress, OfALoadTestIsForATerminal) {
  const temporary_directory directory;
  std::vector<std::string> command{EBPFKIT_TOOL,
                                   "load-test",
                                   "run",
                                   "--kernel",
                                   "host",
                                   "--object",
                                   "none=" + (directory / "none.o").string(),
                                   "--results",
                                   (directory / "results.json").string()};
  constexpr const char* line = "kernel host: loads the programs of 1 object";
  const auto on_terminal = [](const std::vector<std::string>& words) {
    terminal_session session(words);
    EXPECT_NE(session.wait(), 0);
    return session.output();
  };
  EXPECT_THAT(on_terminal(command), HasSubstr(line));
  const auto piped = run_process(command);
  EXPECT_NE(piped.exit_status, 0);
  EXPECT_THAT(piped.errors, Not(HasSubstr(line)));
  command.emplace_back("--quiet");
  const auto quiet = on_terminal(command);
  EXPECT_THAT(quiet, HasSubstr("ebpfkit: "));
  EXPECT_THAT(quiet, Not(HasSubstr(line)));
}

}  // namespace
}  // namespace ebpfkit::host
