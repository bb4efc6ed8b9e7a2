// What a guest shall do (src/guest/plan.hpp), and its results.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/kernel_store.hpp"
#include "machine/initramfs.hpp"
#include "machine/virtual_machine.hpp"

namespace ebpfkit::host {

// The text of a plan.
class guest_plan {
 public:
  // Adds a line: a word and its values.
  void add(std::string_view word, const std::vector<std::string>& values = {});

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// How a plan runs in a virtual machine.
struct machine_options {
  std::filesystem::path guest;  // the program of src/guest for the machine's CPU
  std::filesystem::path cache;  // where the answer about KVM is kept; empty: default_cache()
  std::filesystem::path qemu;
  std::string acceleration = "auto";  // or "tcg", "kvm"
  unsigned memory = 0;                // in MiB; 0: the default
  unsigned processors = 1;
  bool has_acpi = false;
  bool has_network = false;  // the kernel's network modules, and a pair of veth interfaces
  bool is_interactive = false;
  std::chrono::seconds time_limit{60};
  std::string kernel_arguments;
};

struct guest_results {
  std::vector<guest_frame> frames;
  machine_result machine;
  std::optional<accelerator> accelerated_by;  // none: no machine, the kernel that runs
  unsigned boots = 1;                         // more than one: the machine did not start at first

  // Returns the content of the first frame of this type and number.
  std::optional<std::string_view> find(std::string_view type, unsigned number = 0) const;

  // Returns what the kernel complained about while the plan ran (find_kernel_complaints()).
  std::vector<std::string> kernel_complaints() const;
};

// Boots the kernel and runs the plan in it. `files` are the machine's other files. A machine that
// does not start, or an emulated one whose kernel panics before its first process runs, is booted
// twice more, with a warning; any other end is a result. `receive` may be empty; it gets each frame
// as it comes. Waits while the memory for the machine is not free. Throws `failure` when
// the machine cannot be made.
guest_results run_in_machine(const bootable_kernel& kernel, guest_plan plan, initramfs files,
                             const machine_options& options,
                             const std::function<void(const guest_frame&)>& receive = {});

// Runs the plan on the kernel that runs, with the guest program as an ordinary process behind
// `launcher` (a command and its arguments; empty: none).
guest_results run_on_this_kernel(guest_plan plan, const std::filesystem::path& guest,
                                 const std::vector<std::string>& launcher);

}  // namespace ebpfkit::host
