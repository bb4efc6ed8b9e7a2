// Measures what tests in virtual machines cost, against a bare boot of the same image to its first
// instruction in user space. All are measured in turn, so that they share the computer's load.
// Prints a table in Markdown. See docs/load-tests.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernel_store.hpp"
#include "machine/initramfs.hpp"
#include "machine/virtual_machine.hpp"
#include "measure.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::bench {

namespace {

namespace fs = std::filesystem;

struct options {
  std::string tool, kernel;
  fs::path cache, init, guest, one, ten, work, report;
  int rounds = 5;
};

struct contender {
  std::string name;
  std::vector<std::string> command;
  std::size_t compared_with = 0;  // the contender that its ratio is about
  std::vector<cost> costs{};
};

std::vector<std::string> bare_boot(const options& given, const bootable_kernel& kernel,
                                   bool has_acpi) {
  initramfs files;
  files.add_directory("dev");
  files.add_character_device("dev/console", 5, 1);
  files.add_file("init", as_text(read_file(given.init)), 0755);
  const auto archive = given.work / "bare.cpio";
  write_output(archive, files.finish(), unchanged::keep);
  machine_request request;
  request.kernel = kernel.image;
  request.architecture = kernel.architecture;
  request.has_acpi = has_acpi;
  request.processors = has_acpi ? 2 : 1;
  return qemu_command(request, archive, "/dev/null");
}

std::vector<std::string> load(const options& given, const fs::path& object) {
  return {given.tool,
          "load-test",
          "run",
          "--cache",
          given.cache.string(),
          "--guest",
          "x86_64=" + given.guest.string(),
          "--accelerator",
          "tcg",
          "--kernel",
          given.kernel,
          "--object",
          "object=" + object.string(),
          "--results",
          (given.work / "results.json").string()};
}

std::string measure(const options& given) {
  const auto kernel = kernel_store(given.cache).find(given.kernel);
  fs::create_directories(given.work);
  std::vector<contender> contenders{
      {"bare boot", bare_boot(given, kernel, false), 0},
      {"load test, one program", load(given, given.one), 0},
      {"load test, ten programs", load(given, given.ten), 1},
      {"bare boot with ACPI and two processors", bare_boot(given, kernel, true), 3},
      {"VM test of a program that does nothing",
       {given.tool, "vm-test", "--cache", given.cache.string(), "--guest",
        "x86_64=" + given.guest.string(), "--accelerator", "tcg", "--kernel", given.kernel,
        "--cpus", "2", "/bin/true"},
       3}};
  for (int round = 0; round < given.rounds; ++round)
    for (auto& each : contenders)
      each.costs.push_back(run(each.command));
  std::string table = fmt::format(
      "Kernel {} ({}), emulated, medians of {} rounds\n\n| what | wall | ratio | to "
      "|\n|---|---:|---:|---|\n",
      given.kernel, kernel.release, given.rounds);
  for (const auto& each : contenders) {
    const auto wall = median(each.costs).wall;
    const auto& other = contenders[each.compared_with];
    table += fmt::format("| {} | {:.2f} s | {:.2f} | {} |\n", each.name, wall,
                         wall / median(other.costs).wall, other.name);
  }
  return table;
}

}  // namespace

}  // namespace ebpfkit::host::bench

int main(int argc, char** argv) {
  ebpfkit::host::bench::options given;
  CLI::App app("Measures what tests in virtual machines cost, against a bare boot");
  app.add_option("--tool", given.tool, "ebpfkit")->required();
  app.add_option("--cache", given.cache, "The cache with the kernel")->required();
  app.add_option("--kernel", given.kernel, "An x86_64 kernel in the cache")->required();
  app.add_option("--init", given.init, "machine/bare_init.cpp as a static program")->required();
  app.add_option("--guest", given.guest, "ebpfkit-guest for x86_64")->required();
  app.add_option("--one", given.one, "Object with one program")->required();
  app.add_option("--ten", given.ten, "Object with ten programs")->required();
  app.add_option("--work-directory", given.work, "Directory for files")->required();
  app.add_option("--rounds", given.rounds, "How often each is measured")->capture_default_str();
  app.add_option("--report", given.report, "File for the table");
  CLI11_PARSE(app, argc, argv);
  try {
    const auto table = ebpfkit::host::bench::measure(given);
    std::fputs(table.c_str(), stdout);
    if (!given.report.empty())
      ebpfkit::host::write_output(given.report, table, ebpfkit::host::unchanged::keep);
    return 0;
  } catch (const ebpfkit::host::failure& error) {
    std::fprintf(stderr, "bench_machine: %s\n  %s\n", error.what(), error.remedy().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_machine: %s\n", error.what());
  }
  return 1;
}
