// Compares what a kernel said about a program with what the project expects.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load_test/load_results.hpp"

namespace ebpfkit::host {

struct load_expectation {
  std::string program;  // "OBJECT.PROGRAM"
  std::string variant;
  // The program must be refused, and the verifier's log or libbpf's messages must match this
  // regular expression (ECMAScript).
  std::optional<std::string> failure_pattern;
  bool is_optional = false;         // a refusal is no failure
  bool needs_kernel_btf = false;    // on a kernel without BTF, the program must be refused
  std::vector<std::string> one_of;  // "OBJECT.PROGRAM": at least one of these must load
};

enum class verdict { passed, failed, skipped };

struct load_verdict {
  verdict is = verdict::failed;
  std::string text;  // for people: what happened, and why it is wrong
};

// Judges one program. A program that the results do not have has failed.
load_verdict judge_load(const load_results& results, const load_expectation& expected);

// The most instructions that the verifier may process for a program.
struct verifier_budget {
  std::string program;  // "OBJECT.PROGRAM"
  std::string variant;
  std::optional<std::uint64_t> most_instructions;
  std::filesystem::path baseline;  // a file of write_baseline(); empty: none
  double tolerance = 0;            // in percent of the baseline
};

// Judges the verifier's work on one program. A program that is not loaded is skipped: its load test
// tells that. A program that the baseline does not have has failed. Throws `failure` when the
// baseline cannot be read.
load_verdict judge_budget(const load_results& results, const verifier_budget& budget);

// Returns the text of a baseline: the figures of all loaded programs in `results` whose object is
// in `objects` (empty: all), as JSON sorted by kernel and program. Figures of other kernels in
// `old`, a baseline's text or empty, stay.
std::string baseline_text(const std::vector<load_results>& results,
                          const std::vector<std::string>& objects, std::string_view old);

// Returns a table for people: one line for each program and kernel.
std::string load_table(const std::vector<load_results>& results);

// A program whose outcome or figures are other ones than in an earlier run. It belongs to the
// results that were compared.
struct load_change {
  std::string kernel;
  const program_result* before = nullptr;  // null: the earlier run did not have it
  const program_result* now = nullptr;
};

std::vector<load_change> find_load_changes(const std::vector<load_results>& old,
                                           const std::vector<load_results>& current);

// Returns a table of what changed between two runs, or a sentence when nothing did.
std::string compare_loads(const std::vector<load_results>& old,
                          const std::vector<load_results>& current);

}  // namespace ebpfkit::host
