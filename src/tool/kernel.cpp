// `ebpfkit kernel fetch|build|import|list|verify|remove|run`: kernels for virtual machines.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "kernels/kernel_build.hpp"
#include "kernels/kernel_fetch.hpp"
#include "kernels/kernel_fragment.hpp"
#include "kernels/kernel_store.hpp"
#include "machine/guest_plan.hpp"
#include "machine/program_files.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/progress.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"
#include "tool/machine_options.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

constexpr const char* kernel_cache_help =
    "Directory of the cache (default: $EBPFKIT_CACHE_DIR, else ~/.cache/ebpfkit)";

struct kernel_arguments {
  fs::path cache;
  std::vector<std::string> names;
  fs::path file;
  fs::path configuration;
  fs::path btf;
  std::string name;
  bool flag = false;
  bool json = false;
};

struct kernel_build_arguments {
  fs::path cache;
  kernel_build_request request;
  bool json = false;
};

struct run_arguments {
  fs::path cache;
  std::string kernel;
  machine_arguments machine;
  std::vector<std::string> files;
  std::vector<std::string> command;
};

using ordered_json = nlohmann::ordered_json;

ordered_json kernel_json(const stored_kernel& kernel) {
  return {{"name", kernel.name},
          {"release", kernel.release},
          {"architecture", kernel.architecture},
          {"package", kernel.package},
          {"sha256", kernel.sha256},
          {"build_digest", kernel.build_digest},
          {"size", kernel.size},
          {"directory", kernel.directory.string()},
          {"problem", kernel.problem}};
}

// The document of a command that has put these kernels into the cache.
void print_kernels(const char* command, const kernel_store& store,
                   const std::vector<std::string>& names) {
  auto document = json_document(command);
  document["kernels"] = ordered_json::array();
  for (const auto& kernel : store.list())
    if (std::ranges::find(names, kernel.name) != names.end())
      document["kernels"].push_back(kernel_json(kernel));
  print_json(document);
}

void run_fetch(const kernel_arguments& given) {
  const kernel_store store(given.cache);
  std::vector<std::string> names;
  for (const auto& word : given.names) {
    const auto name = kernel_store::usual_name(word);
    names.push_back(name);
    if (!given.flag && store.has(name)) {
      static_cast<void>(store.find(name));  // throws when it is damaged
      store.publish_btf(name);
      print_progress("kernel {}: the cache has it", name);
      continue;
    }
    fetch_kernel(store, name, given.flag, print_progress_line);
    print_progress("kernel {}: {}", name, store.find(name).release);
  }
  if (given.json)
    print_kernels("kernel fetch", store, names);
}

void run_kernel_build(kernel_build_arguments& given) {
  const kernel_store store(given.cache);
  given.request.name = kernel_store::usual_name(given.request.name);
  build_kernel(store, given.request, print_progress_line);
  print_progress("kernel {}: {}", given.request.name, store.find(given.request.name).release);
  if (given.json)
    print_kernels("kernel build", store, {given.request.name});
}

void run_import(const kernel_arguments& given) {
  const kernel_store store(given.cache);
  const auto name = kernel_store::usual_name(given.name);
  new_kernel files;
  files.kernel = given.file;
  files.configuration = given.configuration;
  files.btf = given.btf;
  files.package = fs::absolute(given.file).string();
  files.sha256 = sha256_of_file(given.file);
  store.add(name, files);
  print_progress("kernel {}: {}", name, store.find(name).release);
  if (given.json)
    print_kernels("kernel import", store, {name});
}

void run_list(const kernel_arguments& given) {
  const auto kernels = kernel_store(given.cache).list();
  if (given.json) {
    auto document = json_document("kernel list");
    document["kernels"] = ordered_json::array();
    for (const auto& kernel : kernels)
      document["kernels"].push_back(kernel_json(kernel));
    print_json(document);
    return;
  }
  constexpr double mebibyte = 1024.0 * 1024.0;
  for (const auto& kernel : kernels) {
    if (kernel.problem.empty())
      print_output("{} {} {:.1f} MiB\n", kernel.name, kernel.release,
                   static_cast<double>(kernel.size) / mebibyte);
    else
      print_output("{} damaged: {}\n", kernel.name, kernel.problem);
  }
}

void run_verify(const kernel_arguments& given) {
  const kernel_store store(given.cache);
  std::vector<std::string> names;
  for (const auto& word : given.names) {
    names.push_back(kernel_store::usual_name(word));
    if (!store.has(names.back()))
      static_cast<void>(store.find(names.back()));  // throws
  }
  if (names.empty())
    for (const auto& kernel : store.list())
      names.push_back(kernel.name);
  std::size_t bad = 0;
  auto document = json_document("kernel verify");
  document["kernels"] = ordered_json::array();
  for (const auto& name : names) {
    const auto differences = store.find_differences(name);
    if (!differences.empty())
      ++bad;
    document["kernels"].push_back({{"name", name}, {"differences", differences}});
    if (given.json)
      continue;
    print_output("{}: {}\n", name, differences.empty() ? "unchanged" : "damaged");
    for (const auto& line : differences)
      print_output("  {}\n", line);
  }
  if (given.json)
    print_json(document);
  if (bad != 0)
    throw failure(fmt::format("{} of {} kernels are not as they were written", bad, names.size()),
                  "Remove them with `ebpfkit kernel remove NAME`, and fetch or import them again.");
}

void run_remove(const kernel_arguments& given) {
  if (given.names.empty() != given.flag)
    throw failure(
        "kernel remove: give either names or --all",
        "Write `ebpfkit kernel remove debian/6.1/amd64`, or `ebpfkit kernel remove --all`.");
  const kernel_store store(given.cache);
  std::vector<std::string> names;
  for (const auto& word : given.names)
    names.push_back(kernel_store::usual_name(word));
  if (given.flag)
    for (const auto& kernel : store.list())
      names.push_back(kernel.name);
  for (const auto& name : names) {
    store.remove(name);
    print_progress("removed {}", name);
  }
  if (given.flag)
    store.remove_unpacked_files();
  if (!given.json)
    return;
  auto document = json_document("kernel remove");
  document["removed"] = names;
  print_json(document);
}

// Adds a shell and what one looks around with, from this computer.
void add_shell(initramfs& files, const std::string& architecture) {
  if (files.has("/bin/sh"))
    return;
  if (architecture != this_architecture())
    throw failure(fmt::format("this computer has no shell for {}", architecture),
                  "Give a static one: --file SHELL=/bin/sh. Or give a command.");
  for (const std::string_view name : {"sh", "ls", "cat", "grep", "head", "uname", "mount", "dmesg",
                                      "ps", "ip", "tc", "bpftool"}) {
    for (const std::string_view directory : {"/usr/bin", "/bin", "/usr/sbin", "/sbin"}) {
      const auto program = fs::path(directory) / name;
      std::error_code error;
      if (!fs::is_regular_file(program, error))
        continue;
      add_with_libraries(files, program, fmt::format("/bin/{}", name), architecture);
      break;
    }
  }
}

int run_run(const run_arguments& given) {
  const kernel_store store(given.cache);
  const auto kernel = store.find(given.kernel);
  guest_plan plan;
  initramfs files;
  for (const auto& word : given.files)
    add_file_word(files, word, "/files", kernel.architecture);
  if (given.command.empty()) {
    add_shell(files, kernel.architecture);
    plan.add("shell");
  }
  for (const auto& word : given.command)
    plan.add("argument", {word});
  auto options = options_of(given.machine, store.cache(), kernel.architecture);
  options.is_interactive = given.command.empty();
  options.has_acpi = true;
  options.has_network = true;
  const auto results = run_in_machine(kernel, plan, files, options, [](const guest_frame& frame) {
    if (frame.type == "stdout")
      write_to_terminal(stdout, frame.content, colours::kept);
    else if (frame.type == "stderr")
      write_to_terminal(stderr, frame.content, colours::kept);
    else if (frame.type == "problems" && !frame.content.empty())
      print_error("{}", frame.content);
  });
  if (results.machine.end != machine_end::complete)
    throw failure(fmt::format("kernel {}: {}", given.kernel, results.machine.reason));
  for (const auto& complaint : results.kernel_complaints())
    print_error("kernel: {}\n", complaint);
  const auto status = results.find("exit");
  return status ? std::stoi(std::string(*status)) : 1;
}

void add_kernel_build_command(CLI::App& kernel) {
  auto* build = kernel.add_subcommand("build", "Build a small kernel from sources");
  auto given = std::make_shared<kernel_build_arguments>();
  auto& request = given->request;
  build->add_option("--cache", given->cache, kernel_cache_help);
  build->add_option("kernel", request.name, "Name in the cache, such as mine/router/amd64")
      ->required();
  build
      ->add_option(
          "--fragment", request.fragments,
          fmt::format("Options of the kernel: {}, or a file with lines of a configuration. "
                      "May be repeated: of an option, the last one wins",
                      fmt::join(fragment_names(), ", ")))
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  build->add_option(
      "--source", request.source,
      "Directory or archive with the kernel's sources, or a series of Debian such as "
      "debian/6.1 (default: the newest package linux-source-* of this machine's apt)");
  build->add_option("--arch", request.architecture,
                    "amd64 or arm64 (default: the last part of the name)");
  build->add_option("--jobs", request.jobs, "Compilers at once (default: one for each processor)");
  build->add_flag("--update", request.update, "Read the lists of packages again");
  build->add_flag("--json", given->json, "Print JSON");
  build->callback([given] { run_kernel_build(*given); });
}

}  // namespace

void add_kernel_command(CLI::App& app) {
  auto* kernel = app.add_subcommand("kernel", "Kernels for virtual machines");
  kernel->require_subcommand(1);
  const auto add = [&](const char* name, const char* description,
                       void (*run)(const kernel_arguments&)) {
    auto* command = kernel->add_subcommand(name, description);
    auto given = std::make_shared<kernel_arguments>();
    command->add_option("--cache", given->cache, kernel_cache_help);
    command->add_flag("--json", given->json, "Print JSON");
    command->callback([given, run] { run(*given); });
    return std::pair(command, given);
  };
  {
    auto [command, given] =
        add("fetch", "Fetch kernels from the package mirror of this machine", run_fetch);
    command->add_option("kernel", given->names, "Names such as debian/6.1/amd64")->required();
    command->add_flag("--update", given->flag, "Read the lists of packages again, and fetch again");
  }
  {
    auto [command, given] = add("import", "Put a kernel of your own into the cache", run_import);
    command->add_option("file", given->file, "vmlinuz, bzImage, vmlinux or Image")->required();
    command->add_option("--name", given->name, "Name, such as mine/6.6/amd64")->required();
    command->add_option("--config", given->configuration, "The kernel's configuration");
    command->add_option("--btf", given->btf, "BTF of a kernel that has none of its own");
  }
  add("list", "List the kernels in the cache", run_list);
  {
    auto [command, given] = add("verify", "Compare every file with what was written", run_verify);
    command->add_option("kernel", given->names, "Names (default: all in the cache)");
  }
  {
    auto [command, given] = add("remove", "Remove kernels from the cache", run_remove);
    command->add_option("kernel", given->names, "Names");
    command->add_flag("--all", given->flag, "Remove all in the cache");
  }
  add_kernel_build_command(*kernel);
  auto* run = kernel->add_subcommand(
      "run", "Boot a kernel in a virtual machine and run a command in it, or a shell");
  auto given = std::make_shared<run_arguments>();
  run->add_option("--cache", given->cache, kernel_cache_help);
  run->add_option("kernel", given->kernel,
                  "Name in the cache, image or build tree; with :no-btf behind it, it has no BTF")
      ->required();
  run->add_option("command", given->command, "Command in the machine, behind --");
  run->add_option(
         "--file", given->files,
         "FILE[=PATH]: a file or directory of this machine, and its path in the virtual one "
         "(default: /files/NAME). May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  add_machine_options(*run, given->machine);
  run->callback([given] { throw CLI::RuntimeError(run_run(*given)); });
}

}  // namespace ebpfkit::host::tool
