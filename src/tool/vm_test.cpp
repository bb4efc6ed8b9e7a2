// `ebpfkit vm-test`: one program in one virtual machine, as a test.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernel_store.hpp"
#include "machine/guest_plan.hpp"
#include "machine/program_files.hpp"
#include "machine/test_output.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"
#include "tool/machine_options.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view directory_of_program = "/test";

struct vm_test_arguments {
  fs::path cache;
  std::string kernel;
  std::string name = "test";
  bool fetches = false;
  machine_arguments machine;
  std::vector<std::string> files;
  std::vector<std::string> environment;
  fs::path junit;
  fs::path program;
  std::vector<std::string> arguments;
};

// What is wrong, or an empty text.
std::string judge(const guest_results& results, const std::vector<subtest>& tests) {
  if (results.machine.end != machine_end::complete)
    return results.machine.reason;
  const auto status = results.find("exit").value_or("unknown");
  if (status != "0")
    return fmt::format("the program's exit status is {}", status);
  const auto failed = std::ranges::find(tests, subtest_outcome::failed, &subtest::outcome);
  if (failed != tests.end())
    return fmt::format("the test '{}' failed", failed->name);
  const auto complaints = results.kernel_complaints();
  return complaints.empty()
             ? std::string()
             : fmt::format("the kernel complained about itself: {}", complaints.front());
}

int run_vm_test(const vm_test_arguments& given) {
  const kernel_store store(given.cache);
  const auto kernel = find_or_fetch(store, given.kernel, given.fetches);
  auto options = options_of(given.machine, store.cache(), kernel.architecture);
  options.has_acpi = true;
  options.has_network = true;

  guest_plan plan;
  initramfs files;
  const auto program =
      fmt::format("{}/{}", directory_of_program, given.program.filename().string());
  add_program_files(files, given.program, program, kernel.architecture);
  for (const auto& word : given.files)
    add_file_word(files, word, directory_of_program, kernel.architecture);
  plan.add("directory", {std::string(directory_of_program)});
  for (const auto& variable : given.environment)
    plan.add("environment", {variable});
  plan.add("argument", {program});
  for (const auto& word : given.arguments)
    plan.add("argument", {word});

  std::string output;
  const auto results = run_in_machine(kernel, plan, files, options, [&](const guest_frame& frame) {
    if (frame.type == "stdout" || frame.type == "stderr") {
      output += frame.content;
      write_to_terminal(frame.type == "stdout" ? stdout : stderr, frame.content, colours::kept);
    } else if (frame.type == "problems" && !frame.content.empty()) {
      print_error("{}", frame.content);
    }
  });
  const auto tests = read_subtests(output);
  const auto problem = judge(results, tests);
  if (!given.junit.empty())
    write_output(given.junit,
                 junit_text(fmt::format("{}.{}", given.name, given.kernel), tests, problem),
                 unchanged::touch);
  for (const auto& complaint : results.kernel_complaints())
    print_error("kernel: {}\n", complaint);
  if (!problem.empty())
    throw failure(fmt::format("kernel {}: {}", given.kernel, problem));
  return 0;
}

}  // namespace

void add_vm_test_command(CLI::App& app) {
  auto* test = app.add_subcommand("vm-test", "Run a program in a virtual machine, as a test");
  auto given = std::make_shared<vm_test_arguments>();
  test->add_option("--cache", given->cache, "Directory of the cache (default: ~/.cache/ebpfkit)");
  test->add_option("--kernel", given->kernel, "Name in the cache, image or build tree")->required();
  test->add_option("--name", given->name, "Name in the results");
  test->add_flag("--fetch", given->fetches, "Fetch the kernel when the cache does not have it");
  test->add_option("--file", given->files,
                   "FILE[=PATH]: a file or directory for the machine (default: /test/NAME). May be "
                   "repeated")
      ->take_all()
      ->allow_extra_args(false);
  test->add_option("--env", given->environment, "NAME=VALUE for the program. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  test->add_option("--junit", given->junit, "JUnit file to write");
  test->add_option("program", given->program, "The program")->required();
  test->add_option("argument", given->arguments, "Its arguments, behind --");
  add_machine_options(*test, given->machine);
  test->callback([given] { throw CLI::RuntimeError(run_vm_test(*given)); });
}

}  // namespace ebpfkit::host::tool
