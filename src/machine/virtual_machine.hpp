// Boots a kernel in QEMU and runs a plan in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/frames.hpp"

namespace ebpfkit::host {

// How QEMU runs the machine's instructions.
enum class accelerator { emulation, kvm };

std::string_view accelerator_name(accelerator chosen);  // "tcg", "kvm", as QEMU calls them

struct machine_request {
  std::filesystem::path kernel;  // what QEMU boots
  std::string architecture;      // "x86_64" or "arm64"
  std::string initial_files;     // the initramfs
  std::string nonce;             // of the guest's frames
  std::string kernel_arguments;  // more words for the kernel's command line

  std::filesystem::path qemu;  // empty: qemu-system-<architecture> of PATH
  accelerator accelerated_by = accelerator::emulation;
  unsigned memory = 0;  // in MiB; 0: what a small test needs
  unsigned processors = 1;
  // With ACPI the machine has interrupt controllers and timers like a real one. It boots slower,
  // and what waits for events or measures time needs it. x86_64 only: arm64 always has it.
  bool has_acpi = false;
  // Of the whole run. The machine gets four times as long when it is emulated. The time that QEMU
  // waits for a processor does not count, up to four times the limit.
  std::chrono::seconds time_limit{60};
  bool is_interactive = false;  // the console is this process's terminal
};

enum class machine_end {
  complete,       // the guest sent all of its results
  not_started,    // QEMU ended, or the time was over, before the guest began
  kernel_panic,   // the kernel stopped itself
  stopped_early,  // the machine ended before the guest had sent all of its results
  out_of_time,
};

struct machine_result {
  machine_end end = machine_end::not_started;
  bool has_started = false;  // the guest's first process ran
  std::string reason;        // for people; empty when the end is `complete`
  std::string console;       // what the kernel and programs wrote to the console
  std::chrono::milliseconds duration{0};
};

// Boots the machine, and calls `receive` with each frame as it comes. QEMU ends with this process,
// however this process ends. Throws `failure` when there is no QEMU, or it cannot be started.
machine_result run_machine(const machine_request& request,
                           const std::function<void(const guest_frame&)>& receive);

// Returns QEMU's command line. `files` is the file with the initramfs, `results` where the guest's
// port leads (a path that QEMU opens for writing).
std::vector<std::string> qemu_command(const machine_request& request,
                                      const std::filesystem::path& files,
                                      const std::filesystem::path& results);

// Returns a nonce: 32 random hexadecimal digits.
std::string make_nonce();

}  // namespace ebpfkit::host
