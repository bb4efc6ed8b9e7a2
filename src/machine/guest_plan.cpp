#include "machine/guest_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <thread>

#include "machine/kernel_messages.hpp"
#include "machine/kvm.hpp"
#include "support/cache_directory.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr unsigned most_boots = 3;
constexpr std::chrono::seconds smoke_limit{20};
// What QEMU needs beside the machine's memory.
constexpr std::uint64_t mebibytes_of_qemu = 96;
constexpr std::uint64_t mebibytes_of_machine = 512;
constexpr std::chrono::seconds longest_wait_for_memory{300};

std::string plan_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\t')
      result += "\\t";
    else if (c == '\n')
      result += "\\n";
    else if (c == '\\')
      result += "\\\\";
    else
      result += c;
  }
  return result;
}

// MemAvailable of /proc/meminfo, in MiB. The largest number where it cannot be read.
std::uint64_t available_memory() {
  const auto bytes = read_file("/proc/meminfo");
  const auto text = as_text(bytes);
  constexpr std::string_view key = "MemAvailable:";
  auto place = text.find(key);
  if (place == std::string_view::npos)
    return UINT64_MAX;
  place = text.find_first_not_of(' ', place + key.size());
  std::uint64_t kibibytes = 0;
  std::from_chars(text.data() + place, text.data() + text.size(), kibibytes);
  return kibibytes / 1024;
}

// Tests run side by side. A machine that gets no memory would be killed in the middle of its work.
void wait_for_memory(unsigned memory) {
  const auto needed = (memory != 0 ? memory : mebibytes_of_machine) + mebibytes_of_qemu;
  const auto limit = std::chrono::steady_clock::now() + longest_wait_for_memory;
  while (available_memory() < needed) {
    if (std::chrono::steady_clock::now() > limit)
      throw failure(fmt::format("a virtual machine needs {} MiB of memory, and {} MiB are free",
                                needed, available_memory()),
                    "Run fewer tests at once (ctest --parallel), or give the machine less memory.");
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

void add_system_files(initramfs& files, const fs::path& guest) {
  files.add_directory("dev");
  // The kernel gives its first process this console. 5:1 is "the console" (devices.txt of Linux).
  files.add_character_device("dev/console", 5, 1);
  for (const char* directory : {"proc", "sys", "tmp", "run", "root", "ebpfkit"})
    files.add_directory(directory);
  files.add_file("init", as_text(read_file(guest)), 0755);
}

machine_request request_for(const bootable_kernel& kernel, const machine_options& options) {
  machine_request request;
  request.kernel = kernel.image;
  request.architecture = kernel.architecture;
  request.nonce = make_nonce();
  request.kernel_arguments = options.kernel_arguments;
  // Without this step of its boot, the kernel shows no BTF (kernel/bpf/sysfs_btf.c), and BPF
  // programs that need it are refused as on a kernel that was built without it.
  if (kernel.hides_btf)
    request.kernel_arguments += " initcall_blacklist=btf_vmlinux_init";
  request.qemu = options.qemu;
  request.memory = options.memory;
  request.processors = options.processors;
  request.has_acpi = options.has_acpi;
  request.time_limit = options.time_limit;
  request.is_interactive = options.is_interactive;
  return request;
}

bool boots_under_kvm(const bootable_kernel& kernel, const machine_options& options) {
  auto request = request_for(kernel, options);
  request.is_interactive = false;
  request.accelerated_by = accelerator::kvm;
  request.time_limit = smoke_limit;
  guest_plan plan;
  plan.add("nonce", {request.nonce});
  initramfs files;
  add_system_files(files, options.guest);
  files.add_file("ebpfkit/plan", plan.text());
  request.initial_files = files.finish();
  return run_machine(request, [](const guest_frame&) {}).end == machine_end::complete;
}

accelerator choose_accelerator(const bootable_kernel& kernel, const machine_options& options) {
  if (options.acceleration == "kvm")
    return accelerator::kvm;
  if (options.acceleration == "tcg")
    return accelerator::emulation;
  const auto cache = options.cache.empty() ? default_cache() : options.cache;
  return can_use_kvm(cache, kernel.architecture, [&] { return boots_under_kvm(kernel, options); })
             ? accelerator::kvm
             : accelerator::emulation;
}

// An emulated machine stops in its boot once in thousands of times, with a panic of the kernel or
// without. What was to run in it has not begun, so this tells nothing about it.
bool deserves_another_boot(const machine_result& machine, accelerator accelerated_by) {
  return machine.end == machine_end::not_started ||
         (machine.end == machine_end::kernel_panic && !machine.has_started &&
          accelerated_by == accelerator::emulation);
}

}  // namespace

void guest_plan::add(std::string_view word, const std::vector<std::string>& values) {
  text_ += word;
  for (const auto& value : values) {
    text_ += '\t';
    text_ += plan_escaped(value);
  }
  text_ += '\n';
}

std::optional<std::string_view> guest_results::find(std::string_view type, unsigned number) const {
  const auto frame = std::ranges::find_if(
      frames, [&](const guest_frame& f) { return f.type == type && f.number == number; });
  if (frame == frames.end())
    return std::nullopt;
  return frame->content;
}

std::vector<std::string> guest_results::kernel_complaints() const {
  return find_kernel_complaints(
      find("kernel_log").value_or(""),
      accelerated_by == accelerator::emulation ? kernel_clock::emulated : kernel_clock::real);
}

guest_results run_in_machine(const bootable_kernel& kernel, guest_plan plan, initramfs files,
                             const machine_options& options,
                             const std::function<void(const guest_frame&)>& receive) {
  auto request = request_for(kernel, options);
  guest_results results;
  request.accelerated_by = choose_accelerator(kernel, options);
  results.accelerated_by = request.accelerated_by;

  add_system_files(files, options.guest);
  // Where distributions have it, and where libbpf reads the values of CONFIG_... variables.
  if (!kernel.configuration.empty())
    files.add_from(kernel.configuration, "/boot/config");
  if (options.has_network) {
    for (const auto& module : kernel.modules) {
      const auto path = "/ebpfkit/modules/" + module.filename().string();
      files.add_from(module, path);
      plan.add("module", {path});
    }
    plan.add("network");
  }
  plan.add("nonce", {request.nonce});
  files.add_file("ebpfkit/plan", plan.text());
  request.initial_files = files.finish();

  for (results.boots = 1;; ++results.boots) {
    wait_for_memory(options.memory);
    results.frames.clear();
    results.machine = run_machine(request, [&](const guest_frame& frame) {
      results.frames.push_back(frame);
      if (receive)
        receive(frame);
    });
    if (!deserves_another_boot(results.machine, request.accelerated_by) ||
        results.boots == most_boots)
      return results;
    print_error("ebpfkit: warning: kernel {}: boot {} of {} failed, and is tried again: {}\n",
                kernel.name, results.boots, most_boots, results.machine.reason);
  }
}

guest_results run_on_this_kernel(guest_plan plan, const fs::path& guest,
                                 const std::vector<std::string>& launcher) {
  const auto nonce = make_nonce();
  plan.add("nonce", {nonce});
  const temporary_file plan_file(fs::temp_directory_path() / "plan", "plan");
  const auto results_path = plan_file.path().parent_path() / "results";
  write_output(plan_file.path(), plan.text(), unchanged::keep);
  write_output(results_path, "", unchanged::keep);
  auto command = launcher;
  command.insert(command.end(), {guest.string(), plan_file.path().string(), results_path.string()});
  const auto process = run_process(command);
  guest_results results;
  frame_reader reader(nonce);
  results.frames = reader.add(as_text(read_file(results_path)));
  if (results.find("end")) {
    results.machine.end = machine_end::complete;
    return results;
  }
  results.machine.end =
      results.find("started") ? machine_end::stopped_early : machine_end::not_started;
  results.machine.reason = fmt::format("'{}' ended with status {}: {}", command.front(),
                                       process.exit_status, printable(process.errors));
  return results;
}

}  // namespace ebpfkit::host
