// What the verifier says, and what is made of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "load_test/load_check.hpp"
#include "load_test/load_results.hpp"
#include "support/failure.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace ebpfkit::host;
using ebpfkit::test::temporary_directory;
using testing::HasSubstr;
using testing::Not;

TEST(load_results, statistics_of_the_verifier) {
  const auto found = read_statistics(
      "0: R1=ctx() R10=fp0\nverification time 123 usec\nstack depth 32+8\n"
      "processed 938 insns (limit 1000000) max_states_per_insn 4 total_states 67 peak_states 60 "
      "mark_read 5\n");
  EXPECT_EQ(found.instructions, 938U);
  EXPECT_EQ(found.most_states_per_instruction, 4U);
  EXPECT_EQ(found.states, 67U);
  EXPECT_EQ(found.peak_states, 60U);
  EXPECT_EQ(found.stack_depth, 40U);
  EXPECT_EQ(found.time, 123U);
  EXPECT_FALSE(read_statistics("processed none").instructions);
}

load_results results_with(load_outcome outcome) {
  load_results results;
  results.kernel = "debian/6.1/amd64";
  program_result program;
  program.object = "object";
  program.program = "function";
  program.outcome = outcome;
  program.statistics.instructions = 100;
  program.libbpf_log = "libbpf: some words\n";
  results.programs = {program};
  return results;
}

TEST(load_results, are_the_same_after_a_file) {
  const temporary_directory directory;
  auto results = results_with(load_outcome::rejected);
  results.problem = "a \"problem\"\n";
  results.programs[0].verifier_log = "not UTF-8: \xff";
  std::ofstream(directory / "results.json") << load_results_text(results);
  const auto read = read_load_results(directory / "results.json");
  EXPECT_EQ(read.problem, results.problem);
  EXPECT_EQ(read.programs[0].outcome, load_outcome::rejected);
  EXPECT_EQ(read.programs[0].statistics.instructions, 100U);
  EXPECT_FALSE(read.programs[0].statistics.states);
  std::ofstream(directory / "results.json") << "{\"version\": 1}";
  EXPECT_THROW(read_load_results(directory / "results.json"), failure);
}

TEST(load_results, every_expectation) {
  const auto loaded = results_with(load_outcome::loaded);
  auto refused = results_with(load_outcome::object_rejected);
  load_expectation expected;
  expected.program = "object.function";
  EXPECT_EQ(judge_load(loaded, expected).is, verdict::passed);
  EXPECT_EQ(judge_load(refused, expected).is, verdict::failed);
  EXPECT_EQ(judge_load(results_with(load_outcome::missing), expected).is, verdict::failed);

  expected.is_optional = true;
  EXPECT_EQ(judge_load(refused, expected).is, verdict::skipped);
  expected.is_optional = false;

  expected.failure_pattern = "some wor.s";
  EXPECT_EQ(judge_load(refused, expected).is, verdict::passed);
  EXPECT_EQ(judge_load(loaded, expected).is, verdict::failed);
  expected.failure_pattern = "other words";
  EXPECT_EQ(judge_load(refused, expected).is, verdict::failed);
  expected.failure_pattern = "(";
  EXPECT_THROW(judge_load(refused, expected), failure);
  expected.failure_pattern.reset();

  expected.needs_kernel_btf = true;
  EXPECT_EQ(judge_load(refused, expected).is, verdict::failed);
  refused.has_btf = false;
  EXPECT_EQ(judge_load(refused, expected).is, verdict::passed);
  auto without_btf = loaded;
  without_btf.has_btf = false;
  EXPECT_EQ(judge_load(without_btf, expected).is, verdict::failed);

  expected.program = "object.other";
  const auto judged = judge_load(loaded, expected);
  EXPECT_EQ(judged.is, verdict::failed);
  EXPECT_THAT(judged.text, HasSubstr("there is no result"));
}

TEST(load_results, budgets) {
  const temporary_directory directory;
  auto results = results_with(load_outcome::loaded);
  verifier_budget budget;
  budget.program = "object.function";
  budget.most_instructions = 100;
  EXPECT_EQ(judge_budget(results, budget).is, verdict::passed);
  budget.most_instructions = 99;
  EXPECT_EQ(judge_budget(results, budget).is, verdict::failed);
  budget.most_instructions.reset();

  budget.baseline = directory / "baseline.json";
  EXPECT_THAT(judge_budget(results, budget).text, HasSubstr("verifier-baseline"));
  const auto text = baseline_text({results}, {}, "");
  std::ofstream(budget.baseline) << text;
  EXPECT_EQ(judge_budget(results, budget).is, verdict::passed);
  results.programs[0].statistics.instructions = 110;
  EXPECT_EQ(judge_budget(results, budget).is, verdict::failed);
  budget.tolerance = 10;
  EXPECT_EQ(judge_budget(results, budget).is, verdict::passed);

  // Figures of other kernels stay, those of functions that are gone do not.
  auto other = results;
  other.kernel = "debian/6.12/amd64";
  other.programs[0].program = "renamed";
  const auto both = baseline_text({other}, {"object"}, text);
  EXPECT_THAT(both, HasSubstr("object.function"));
  EXPECT_THAT(both, HasSubstr("object.renamed"));
  other.kernel = results.kernel;
  EXPECT_THAT(baseline_text({other}, {"object"}, text), Not(HasSubstr("object.function")));
}

TEST(load_results, comparison) {
  const auto old = results_with(load_outcome::loaded);
  EXPECT_EQ(compare_loads({old}, {old}), "Nothing changed.\n");
  auto current = old;
  current.programs[0].statistics.instructions = 150;
  EXPECT_THAT(compare_loads({old}, {current}), HasSubstr("100 -> 150"));
  EXPECT_THAT(compare_loads({old}, {current}), HasSubstr("+50.0 %"));
}

}  // namespace
