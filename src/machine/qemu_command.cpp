#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "machine/virtual_machine.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr unsigned default_memory = 256;
// arm64 kernels of distributions reserve more at boot.
constexpr unsigned default_memory_arm64 = 512;

// `quiet loglevel=1` keeps messages away from the serial port, which is slow in an emulated
// machine. `cryptomgr.notests` skips self-tests of ciphers. A panic restarts the machine, and with
// `-no-reboot` this ends QEMU.
constexpr std::string_view common_arguments = "panic=-1 quiet loglevel=1 cryptomgr.notests";

}  // namespace

std::string_view accelerator_name(accelerator chosen) {
  return chosen == accelerator::kvm ? "kvm" : "tcg";
}

std::vector<std::string> qemu_command(const machine_request& request,
                                      const std::filesystem::path& files,
                                      const std::filesystem::path& results) {
  const bool is_arm64 = request.architecture == "arm64";
  if (!is_arm64 && request.architecture != "x86_64")
    throw failure(fmt::format("no virtual machine for the architecture '{}'", request.architecture),
                  "Kernels of x86_64 and arm64 can be booted.");
  const auto memory = request.memory != 0 ? request.memory
                      : is_arm64          ? default_memory_arm64
                                          : default_memory;
  const bool has_kvm = request.accelerated_by == accelerator::kvm;
  std::string arguments;
  std::vector<std::string> command{!request.qemu.empty() ? request.qemu.string()
                                   : is_arm64            ? "qemu-system-aarch64"
                                                         : "qemu-system-x86_64"};
  const auto add = [&](std::initializer_list<std::string> words) {
    command.insert(command.end(), words);
  };
  add({"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"});
  add({"-accel", std::string(accelerator_name(request.accelerated_by)), "-m",
       fmt::format("{}", memory), "-smp", fmt::format("{}", request.processors)});
  add({"-serial", request.is_interactive ? "mon:stdio" : "stdio"});
  add({"-chardev", fmt::format("file,id=results,path={}", results.string())});
  if (is_arm64) {
    // With -cpu max, emulated pointer authentication makes the boot four times as slow.
    add({"-M", has_kvm ? "virt,gic-version=host" : "virt,gic-version=3", "-cpu",
         has_kvm ? "host" : "cortex-a72"});
    add({"-device", "pci-serial,chardev=results"});
    arguments = fmt::format("console=ttyAMA0 {}", common_arguments);
  } else {
    add({"-M", "pc", "-cpu", has_kvm ? "host" : "max"});
    add({"-device", "isa-debugcon,iobase=0xe9,chardev=results"});
    // Without ACPI there is no local APIC; the kernel need not check the timer that replaces it.
    arguments = fmt::format("console=ttyS0 {} reboot=t{}", common_arguments,
                            request.has_acpi ? "" : " acpi=off no_timer_check");
  }
  if (!request.kernel_arguments.empty())
    arguments += " " + request.kernel_arguments;
  add({"-kernel", request.kernel.string(), "-initrd", files.string(), "-append", arguments});
  return command;
}

}  // namespace ebpfkit::host
