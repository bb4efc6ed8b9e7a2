// `ebpfkit load-test run|check|write|table|compare|baseline`: programs on real kernels.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "input/btf_input.hpp"
#include "kernels/kernel_store.hpp"
#include "load_test/ctest_script.hpp"
#include "load_test/load_check.hpp"
#include "load_test/load_results.hpp"
#include "load_test/load_run.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/progress.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"
#include "tool/machine_options.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

// What CTest takes for "skipped" (SKIP_RETURN_CODE), as automake's tests do.
constexpr int skipped_status = 77;

struct test_arguments {
  fs::path cache;
  std::string kernel;
  std::vector<std::string> objects;   // NAME=PATH
  std::vector<std::string> variants;  // OBJECT:NAME:GLOBAL=VALUE,GLOBAL=VALUE
  std::vector<std::string> launcher;
  std::vector<std::string> source_directories;
  bool no_attach = false;
  bool fetches = false;
  machine_arguments machine;
  fs::path results;
};

struct judge_arguments {
  fs::path results;
  load_expectation expected;
  std::string pattern;
  bool is_budget = false;
  std::uint64_t most_instructions = 0;
  verifier_budget budget;
};

struct write_arguments {
  load_test_description description;
  std::vector<std::string> objects;
  std::vector<std::string> variants;
  std::vector<std::string> expected_failures;  // three words each
  std::vector<std::string> groups;             // A,B,C
  std::vector<std::string> budgets;            // OBJECT and words, with tabs between them
  output_options output;
};

struct table_arguments {
  std::vector<fs::path> results;
  std::vector<fs::path> old;
  std::vector<std::string> objects;
  fs::path output;
  bool json = false;
};

std::pair<std::string, std::string> split_at(const std::string& word, char separator,
                                             std::string_view form) {
  const auto place = word.find(separator);
  if (place == std::string::npos || place == 0)
    throw failure(fmt::format("'{}' does not have the form {}", word, form));
  return {word.substr(0, place), word.substr(place + 1)};
}

std::vector<tested_object> objects_of(const std::vector<std::string>& words) {
  std::vector<tested_object> objects;
  for (const auto& word : words) {
    auto [name, path] = split_at(word, '=', "NAME=PATH");
    objects.push_back({std::move(name), std::move(path)});
  }
  return objects;
}

std::vector<tested_variant> variants_of(const std::vector<std::string>& words) {
  std::vector<tested_variant> variants;
  for (const auto& word : words) {
    const auto [object, rest] = split_at(word, ':', "OBJECT:NAME:GLOBAL=VALUE");
    const auto [name, globals] = split_at(rest, ':', "OBJECT:NAME:GLOBAL=VALUE");
    tested_variant variant{object, name, {}};
    for (const auto& global : split_text(globals, ','))
      variant.globals.push_back(split_at(global, '=', "GLOBAL=VALUE"));
    variants.push_back(std::move(variant));
  }
  return variants;
}

bootable_kernel kernel_for(const test_arguments& given, const kernel_store& store) {
  if (given.kernel == "host") {
    bootable_kernel running;
    running.name = "host";
    running.release = running_release();
    running.architecture = this_architecture();
    std::error_code error;
    running.has_own_btf = fs::exists("/sys/kernel/btf/vmlinux", error);
    return running;
  }
  return find_or_fetch(store, given.kernel, given.fetches);
}

int run_run(const test_arguments& given) {
  const kernel_store store(given.cache);
  std::error_code ignored;
  // A result of an earlier run must not be taken for one of this run.
  fs::remove(given.results, ignored);
  const auto kernel = kernel_for(given, store);
  // A machine boots for seconds, and loads for up to minutes.
  if (is_progress_watched())
    print_progress("kernel {}: {} the programs of {} object{}", given.kernel,
                   given.kernel == "host" ? "loads" : "boots, and loads", given.objects.size(),
                   given.objects.size() == 1 ? "" : "s");
  load_request request;
  request.kernel = given.kernel;
  request.objects = objects_of(given.objects);
  request.variants = variants_of(given.variants);
  request.attach = !given.no_attach;
  request.launcher = given.launcher;
  request.source_directories = {given.source_directories.begin(), given.source_directories.end()};
  if (request.launcher.empty() && ::geteuid() != 0)
    request.launcher = {"sudo"};
  request.machine = options_of(given.machine, store.cache(), kernel.architecture);
  const auto results = run_load_test(request, kernel);
  write_output(given.results, load_results_text(results), unchanged::touch);
  print_output("{}", load_table({results}));
  for (const auto& complaint : results.complaints)
    print_error("kernel: {}\n", complaint);
  if (!results.problem.empty())
    throw failure(fmt::format("kernel {}: {}", given.kernel, results.problem));
  if (!results.complaints.empty())
    throw failure(
        fmt::format("kernel {}: the kernel complained about itself, see above", given.kernel));
  return 0;
}

int run_judge(const judge_arguments& given) {
  const auto results = read_load_results(given.results);
  load_verdict judged;
  if (given.is_budget) {
    auto budget = given.budget;
    budget.program = given.expected.program;
    budget.variant = given.expected.variant;
    if (given.most_instructions != 0)
      budget.most_instructions = given.most_instructions;
    judged = judge_budget(results, budget);
  } else {
    auto expected = given.expected;
    if (!given.pattern.empty())
      expected.failure_pattern = given.pattern;
    judged = judge_load(results, expected);
  }
  print_output("{}\n", judged.text);
  return judged.is == verdict::passed ? 0 : judged.is == verdict::skipped ? skipped_status : 1;
}

void run_write(const write_arguments& given) {
  auto description = given.description;
  description.objects = objects_of(given.objects);
  description.variants = variants_of(given.variants);
  description.variant_words = given.variants;
  constexpr std::size_t words_of_failure = 3;
  for (std::size_t i = 0; i + words_of_failure <= given.expected_failures.size();
       i += words_of_failure)
    description.expected_failures.push_back({given.expected_failures[i],
                                             given.expected_failures[i + 1],
                                             given.expected_failures[i + 2]});
  for (const auto& group : given.groups)
    description.one_of.push_back(split_text(group, ','));
  for (const auto& budget : given.budgets) {
    auto words = split_text(budget, '\t');
    const auto object = words.front();
    words.erase(words.begin());
    description.budgets.emplace_back(object, std::move(words));
  }
  std::vector<fs::path> inputs;
  for (const auto& object : description.objects)
    inputs.push_back(object.path);
  given.output.write(ctest_script(description), inputs);
}

std::vector<load_results> read_all(const std::vector<fs::path>& paths) {
  std::vector<load_results> results;
  for (const auto& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      results.push_back(read_load_results(path));
      continue;
    }
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error))
      if (entry->path().extension() == ".json")
        files.push_back(entry->path());
    std::ranges::sort(files);
    for (const auto& file : files)
      results.push_back(read_load_results(file));
  }
  return results;
}

using ordered_json = nlohmann::ordered_json;

void show_table(const table_arguments& given) {
  const auto results = read_all(given.results);
  if (!given.json) {
    print_output("{}", load_table(results));
    return;
  }
  auto document = json_document("load-test table");
  document["kernels"] = ordered_json::array();
  for (const auto& each : results)
    document["kernels"].push_back(ordered_json::parse(load_results_text(each)));
  print_json(document);
}

ordered_json figures_json(const program_result* program) {
  if (program == nullptr)
    return nullptr;
  const auto number = [](const std::optional<std::uint64_t>& value) {
    return value ? ordered_json(*value) : ordered_json();
  };
  return {{"outcome", outcome_name(program->outcome)},
          {"instructions", number(program->statistics.instructions)},
          {"states", number(program->statistics.states)},
          {"xlated_bytes", program->xlated_size}};
}

void show_changes(const table_arguments& given) {
  const auto old = read_all(given.old);
  const auto current = read_all(given.results);
  if (!given.json) {
    print_output("{}", compare_loads(old, current));
    return;
  }
  auto document = json_document("load-test compare");
  document["changes"] = ordered_json::array();
  for (const auto& [kernel, before, now] : find_load_changes(old, current))
    document["changes"].push_back({{"kernel", kernel},
                                   {"program", now->full_name()},
                                   {"before", figures_json(before)},
                                   {"now", figures_json(now)}});
  print_json(document);
}

void run_baseline(const table_arguments& given) {
  std::error_code error;
  std::string old;
  if (fs::exists(given.output, error))
    old = as_text(read_file(given.output));
  write_output(given.output, baseline_text(read_all(given.results), given.objects, old),
               unchanged::keep);
  print_progress("{}: written", given.output.string());
}

}  // namespace

void add_load_test_command(CLI::App& app) {
  auto* test = app.add_subcommand("load-test", "Load BPF programs on real kernels");
  test->require_subcommand(1);
  const auto add_list = [](CLI::App* command, const char* name, std::vector<std::string>& words,
                           const char* help) {
    command->add_option(name, words, help)->take_all()->allow_extra_args(false);
  };

  auto* run =
      test->add_subcommand("run", "Load all programs on one kernel, and write what it says");
  auto run_given = std::make_shared<test_arguments>();
  run->add_option("--cache", run_given->cache,
                  "Directory of the cache (default: ~/.cache/ebpfkit)");
  run->add_option("--kernel", run_given->kernel,
                  "Name in the cache, image, build tree, or host: the kernel that runs")
      ->required();
  add_list(run, "--object", run_given->objects, "NAME=PATH: a linked BPF object. May be repeated");
  add_list(
      run, "--variant", run_given->variants,
      "OBJECT:NAME:GLOBAL=VALUE[,GLOBAL=VALUE]: load the object's programs also with these values "
      "of global variables. May be repeated");
  add_list(run, "--source-directory", run_given->source_directories,
           "Look for the lines of sources here and in the directories above");
  add_list(run, "--launcher", run_given->launcher,
           "For host: a word of the command that gives the right to load, such as sudo. May be "
           "repeated");
  run->add_flag("--no-attach", run_given->no_attach, "Load the programs, and do not attach them");
  run->add_flag("--fetch", run_given->fetches, "Fetch the kernel when the cache does not have it");
  run->add_option("--results", run_given->results, "JSON file to write")->required();
  add_machine_options(*run, run_given->machine);
  run->callback([run_given] { throw CLI::RuntimeError(run_run(*run_given)); });

  auto* check = test->add_subcommand(
      "check", "Compare the results for one program with what is expected (status 77: skipped)");
  auto checked = std::make_shared<judge_arguments>();
  check->add_option("--results", checked->results, "File that `load-test run` wrote")->required();
  check->add_option("--program", checked->expected.program, "OBJECT.FUNCTION")->required();
  check->add_option("--variant", checked->expected.variant, "Name of a variant");
  check->add_option(
      "--expect-fail", checked->pattern,
      "The program must be refused, with a message that matches this regular expression");
  check->add_flag("--optional", checked->expected.is_optional, "The program may be refused");
  check->add_flag("--requires-kernel-btf", checked->expected.needs_kernel_btf,
                  "The program must be refused on a kernel without BTF");
  add_list(check, "--one-of", checked->expected.one_of,
           "OBJECT.FUNCTION: one of these must load. May be repeated");
  check->add_flag("--budget", checked->is_budget, "Check the verifier's work instead");
  check->add_option("--max-instructions", checked->most_instructions,
                    "The most instructions that the verifier may process");
  check->add_option("--baseline", checked->budget.baseline, "File that `load-test baseline` wrote");
  check->add_option("--tolerance", checked->budget.tolerance, "Percent above the baseline");
  check->callback([checked] { throw CLI::RuntimeError(run_judge(*checked)); });

  auto* write = test->add_subcommand("write", "Write the script with which ctest knows the tests");
  auto written = std::make_shared<write_arguments>();
  auto& description = written->description;
  write->add_option("--name", description.name, "Name of the test")->required();
  write->add_option("--tool", description.tool, "This program, as the tests call it")->required();
  write->add_option("--results-directory", description.results_directory, "Where results go")
      ->required();
  add_list(write, "--kernel", description.kernels, "A kernel. May be repeated");
  add_list(write, "--object", written->objects, "NAME=PATH. May be repeated");
  add_list(write, "--variant", written->variants, "OBJECT:NAME:GLOBAL=VALUE,... May be repeated");
  add_list(write, "--expect-fail", written->expected_failures,
           "Kernel, program and regular expression: three options");
  add_list(write, "--optional", description.optional, "A program that may be refused");
  add_list(write, "--requires-kernel-btf", description.needs_kernel_btf,
           "A program that a kernel without BTF refuses");
  add_list(write, "--one-of", written->groups, "PROGRAM,PROGRAM: one of them must load");
  add_list(write, "--budget", written->budgets,
           "OBJECT and words for `load-test check`, with tabs between them");
  add_list(write, "--run", description.run_command,
           "A word of the command that runs one kernel's test");
  write->add_option("--fixture", description.fixture, "Fixture of CTest that a machine needs");
  write->add_option("--processors", description.processors, "Processors of a machine");
  write->add_option("--timeout", description.time_limit, "Seconds that ctest gives a machine");
  add_output_options(*write, written->output);
  write->callback([written] { run_write(*written); });

  auto* table = test->add_subcommand("table", "Show results as a table");
  auto shown = std::make_shared<table_arguments>();
  table->add_option("results", shown->results, "Files or directories with results")->required();
  table->add_flag("--json", shown->json, "Print JSON: what the files have");
  table->callback([shown] { show_table(*shown); });

  auto* compare = test->add_subcommand("compare", "Show what changed between two runs");
  auto compared = std::make_shared<table_arguments>();
  compare
      ->add_option("--old", compared->old,
                   "Files or directories with the older results. May be repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  compare
      ->add_option("--new", compared->results,
                   "Files or directories with the newer results. May be repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  compare->add_flag("--json", compared->json, "Print JSON");
  compare->callback([compared] { show_changes(*compared); });

  auto* baseline =
      test->add_subcommand("baseline", "Write the verifier's figures to compare with later");
  auto based = std::make_shared<table_arguments>();
  baseline->add_option("results", based->results, "Files or directories with results")->required();
  add_list(baseline, "--object", based->objects, "An object (default: all). May be repeated");
  baseline->add_option("--output", based->output, "File to write; figures of other kernels stay")
      ->required();
  baseline->callback([based] { run_baseline(*based); });
}

}  // namespace ebpfkit::host::tool
