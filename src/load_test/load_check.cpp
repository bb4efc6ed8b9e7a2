#include "load_test/load_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <system_error>

#include "machine/kernel_messages.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"

namespace ebpfkit::host {

namespace {

using json = nlohmann::ordered_json;

constexpr int baseline_version = 1;
constexpr std::size_t lines_of_log = 20;

const program_result* find_program(const load_results& results, std::string_view program,
                                   std::string_view variant) {
  const auto found = std::ranges::find_if(results.programs, [&](const program_result& result) {
    return result.variant == variant &&
           fmt::format("{}.{}", result.object, result.program) == program;
  });
  return found == results.programs.end() ? nullptr : &*found;
}

bool is_loaded(const program_result& program) {
  return program.outcome == load_outcome::loaded;
}

std::string where(const load_results& results) {
  return results.release.empty() ? results.kernel
                                 : fmt::format("{} (Linux {})", results.kernel, results.release);
}

// The last lines of a text, each with two spaces in front.
std::string indented_end(std::string_view text) {
  return fmt::format("\n  {}", fmt::join(last_lines(text, lines_of_log), "\n  "));
}

std::string what_happened(const program_result& program) {
  switch (program.outcome) {
    case load_outcome::loaded:
      return program.is_attached ? "it loads, and attaches" : "it loads";
    case load_outcome::missing:
      return "there is no result";
    case load_outcome::attach_failed:
      return fmt::format("it loads, but cannot be attached: {} (errno {})",
                         std::strerror(program.error), program.error);
    case load_outcome::rejected:
      return "the verifier rejected it";
    case load_outcome::object_rejected:
      return fmt::format("it cannot be loaded: {} (errno {})", std::strerror(program.error),
                         program.error);
    case load_outcome::not_opened:
      return "libbpf cannot open the object, or set its variables";
  }
  return {};
}

// Why a program is not loaded: the verifier's words and the line of the source first.
std::string cause_of(const program_result& program) {
  std::string text;
  if (!program.explanation.empty())
    text = "\n" + program.explanation;
  if (!program.verifier_log.empty())
    text += fmt::format("\nThe end of the verifier's log:{}", indented_end(program.verifier_log));
  else if (!program.libbpf_log.empty())
    text += fmt::format("\nWhat libbpf printed:{}", indented_end(program.libbpf_log));
  return text;
}

bool matches(const program_result& program, const std::string& pattern) {
  const auto text = program.verifier_log + "\n" + program.libbpf_log + "\n" + program.reason;
  try {
    // std::regex recurses for each character of a line that `.` matches, so lines are searched
    // alone.
    const std::regex expression(pattern);
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const auto line = rest.substr(0, std::min<std::size_t>(end, 4096));
      if (std::regex_search(line.begin(), line.end(), expression))
        return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  } catch (const std::regex_error& error) {
    throw failure(fmt::format("'{}' is no regular expression: {}", pattern, error.what()),
                  "EXPECT_FAIL takes a regular expression of ECMAScript; write \\( for a bracket.");
  }
}

load_verdict judge_refusal(const load_results& results, const program_result& program,
                           const std::string& pattern) {
  if (is_loaded(program))
    return {verdict::failed, fmt::format("'{}' loads on {}, but EXPECT_FAIL says that it does not.",
                                         program.full_name(), where(results))};
  if (!matches(program, pattern))
    return {verdict::failed,
            fmt::format("'{}' on {}: {}, as EXPECT_FAIL says, but not for the reason '{}'.{}",
                        program.full_name(), where(results), what_happened(program), pattern,
                        cause_of(program))};
  return {verdict::passed, fmt::format("'{}' on {}: {}, as expected.", program.full_name(),
                                       where(results), what_happened(program))};
}

json read_baseline(std::string_view text, const std::string& shown) {
  auto document = json::parse(text, nullptr, false);
  if (!document.is_object() || document.value("version", 0) != baseline_version ||
      !document.contains("kernels"))
    throw failure(fmt::format("'{}' is no baseline of the verifier's figures", shown),
                  "Write a new one: cmake --build <build> --target verifier-baseline");
  return document;
}

std::string shown_number(const std::optional<std::uint64_t>& number) {
  return number ? fmt::format("{}", *number) : "-";
}

}  // namespace

load_verdict judge_load(const load_results& results, const load_expectation& expected) {
  const auto* program = find_program(results, expected.program, expected.variant);
  const auto name = expected.variant.empty()
                        ? expected.program
                        : fmt::format("{}.{}", expected.program, expected.variant);
  if (program == nullptr || program->outcome == load_outcome::missing) {
    const auto why = !results.problem.empty() ? results.problem
                     : program == nullptr     ? std::string("the object has no such program")
                                              : std::string("the guest told nothing about it");
    return {verdict::failed,
            fmt::format("'{}' on {}: there is no result: {}", name, where(results), why)};
  }
  if (expected.failure_pattern)
    return judge_refusal(results, *program, *expected.failure_pattern);
  if (expected.needs_kernel_btf && !results.has_btf) {
    if (is_loaded(*program))
      return {verdict::failed,
              fmt::format("'{}' loads on {}, which has no BTF, but REQUIRES_KERNEL_BTF names it.",
                          name, where(results))};
    return {verdict::passed,
            fmt::format("'{}' on {}: {}, as REQUIRES_KERNEL_BTF expects: the kernel "
                        "has no BTF.",
                        name, where(results), what_happened(*program))};
  }
  if (is_loaded(*program))
    return {verdict::passed,
            fmt::format("'{}' on {}: {}.", name, where(results), what_happened(*program))};
  const auto text = fmt::format("'{}' on {}: {}.{}", name, where(results), what_happened(*program),
                                cause_of(*program));
  if (expected.is_optional)
    return {verdict::skipped, text + "\nIt is OPTIONAL."};
  for (const auto& other : expected.one_of) {
    const auto* alternative = find_program(results, other, expected.variant);
    if (alternative != nullptr && is_loaded(*alternative))
      return {verdict::skipped, fmt::format("{}\nONE_OF: '{}' loads instead.", text, other)};
  }
  return {verdict::failed, text};
}

load_verdict judge_budget(const load_results& results, const verifier_budget& budget) {
  const auto* program = find_program(results, budget.program, budget.variant);
  if (program == nullptr || !is_loaded(*program))
    return {verdict::skipped, fmt::format("'{}' is not loaded on {}; its load test tells why.",
                                          budget.program, where(results))};
  const auto& used = program->statistics.instructions;
  if (!used)
    return {verdict::skipped,
            fmt::format("{} does not tell how many instructions it processed.", where(results))};
  const auto name = program->full_name();
  if (budget.most_instructions && *used > *budget.most_instructions)
    return {verdict::failed,
            fmt::format("'{}' on {}: the verifier processed {} instructions, more than "
                        "MAX_INSTRUCTIONS {}.",
                        name, where(results), *used, *budget.most_instructions)};
  std::string compared;
  if (!budget.baseline.empty()) {
    std::error_code error;
    if (!std::filesystem::exists(budget.baseline, error))
      return {verdict::failed,
              fmt::format("There is no baseline '{}'.\n"
                          "  Write it: cmake --build <build> --target verifier-baseline",
                          budget.baseline.string())};
    const auto bytes = read_file(budget.baseline);
    const auto document = read_baseline(as_text(bytes), budget.baseline.string());
    const auto& kernels = document.at("kernels");
    const auto kernel = kernels.find(results.kernel);
    if (kernel == kernels.end() || !kernel->contains(name))
      return {verdict::failed,
              fmt::format("'{}' has no figures of '{}' on '{}'.\n"
                          "  Write them: cmake --build <build> --target verifier-baseline",
                          budget.baseline.string(), name, results.kernel)};
    const auto old = kernel->at(name).at("instructions").get<std::uint64_t>();
    const auto most = static_cast<std::uint64_t>(
        std::floor(static_cast<double>(old) * (1 + budget.tolerance / 100)));
    if (*used > most)
      return {verdict::failed,
              fmt::format(
                  "'{}' on {}: the verifier processed {} instructions. The baseline has {}, and "
                  "{} % more is tolerated ({}).\n"
                  "  If that is right, write a new baseline: cmake --build <build> --target "
                  "verifier-baseline",
                  name, where(results), *used, old, budget.tolerance, most)};
    compared = fmt::format(" The baseline has {}.", old);
  }
  return {verdict::passed, fmt::format("'{}' on {}: the verifier processed {} instructions.{}",
                                       name, where(results), *used, compared)};
}

std::string baseline_text(const std::vector<load_results>& results,
                          const std::vector<std::string>& objects, std::string_view old) {
  std::map<std::string, std::map<std::string, json>> kernels;
  if (!old.empty()) {
    const auto document = read_baseline(old, "the old baseline");
    for (const auto& [kernel, programs] : document.at("kernels").items())
      for (const auto& [program, figures] : programs.items())
        kernels[kernel][program] = figures;
  }
  for (const auto& run : results) {
    auto& programs = kernels[run.kernel];
    // What is not there any more goes.
    std::erase_if(programs, [&](const auto& entry) {
      return objects.empty() || std::ranges::any_of(objects, [&](const std::string& object) {
               return entry.first.starts_with(object + ".");
             });
    });
    for (const auto& program : run.programs) {
      const auto& figures = program.statistics;
      if (!is_loaded(program) || !figures.instructions ||
          (!objects.empty() && std::ranges::find(objects, program.object) == objects.end()))
        continue;
      // The time changes with each run, so it is not there.
      programs[program.full_name()] = {{"instructions", *figures.instructions},
                                       {"states", figures.states.value_or(0)},
                                       {"peak_states", figures.peak_states.value_or(0)},
                                       {"stack_depth", figures.stack_depth.value_or(0)},
                                       {"xlated_bytes", program.xlated_size}};
    }
  }
  json document{{"version", baseline_version}, {"kernels", json::object()}};
  for (const auto& [kernel, programs] : kernels)
    if (!programs.empty())
      document["kernels"][kernel] = programs;
  return document.dump(2) + "\n";
}

std::string load_table(const std::vector<load_results>& results) {
  std::vector<std::vector<std::string>> rows{{"kernel", "program", "outcome", "instructions",
                                              "states", "peak", "stack", "xlated", "jited",
                                              "time/us"}};
  for (const auto& run : results)
    for (const auto& program : run.programs) {
      const auto& figures = program.statistics;
      rows.push_back({run.kernel, program.full_name(), std::string(outcome_name(program.outcome)),
                      shown_number(figures.instructions), shown_number(figures.states),
                      shown_number(figures.peak_states), shown_number(figures.stack_depth),
                      fmt::format("{}", program.xlated_size), fmt::format("{}", program.jited_size),
                      shown_number(figures.time)});
    }
  return text_table(rows);
}

std::vector<load_change> find_load_changes(const std::vector<load_results>& old,
                                           const std::vector<load_results>& current) {
  std::vector<load_change> changes;
  for (const auto& run : current) {
    const auto before = std::ranges::find(old, run.kernel, &load_results::kernel);
    for (const auto& program : run.programs) {
      const auto* past =
          before == old.end()
              ? nullptr
              : find_program(*before, fmt::format("{}.{}", program.object, program.program),
                             program.variant);
      if (past == nullptr || past->outcome != program.outcome ||
          past->statistics.instructions.value_or(0) !=
              program.statistics.instructions.value_or(0) ||
          past->xlated_size != program.xlated_size)
        changes.push_back({run.kernel, past, &program});
    }
  }
  return changes;
}

std::string compare_loads(const std::vector<load_results>& old,
                          const std::vector<load_results>& current) {
  std::vector<std::vector<std::string>> rows{
      {"kernel", "program", "outcome", "instructions", "change", "states", "xlated"}};
  const auto change = [](std::uint64_t before, std::uint64_t now) {
    return before == now ? fmt::format("{}", now) : fmt::format("{} -> {}", before, now);
  };
  for (const auto& [kernel, before, program] : find_load_changes(old, current)) {
    const auto outcome = std::string(outcome_name(program->outcome));
    const auto now = program->statistics.instructions.value_or(0);
    const auto then = before == nullptr ? 0 : before->statistics.instructions.value_or(0);
    rows.push_back(
        {kernel, program->full_name(),
         before == nullptr ? "new: " + outcome
         : before->outcome == program->outcome
             ? outcome
             : fmt::format("{} -> {}", outcome_name(before->outcome), outcome),
         change(then, now),
         then == 0
             ? "-"
             : fmt::format("{:+.1f} %",
                           100.0 * (static_cast<double>(now) / static_cast<double>(then) - 1)),
         change(before == nullptr ? 0 : before->statistics.states.value_or(0),
                program->statistics.states.value_or(0)),
         change(before == nullptr ? 0 : before->xlated_size, program->xlated_size)});
  }
  return rows.size() == 1 ? "Nothing changed.\n" : text_table(rows);
}

}  // namespace ebpfkit::host
