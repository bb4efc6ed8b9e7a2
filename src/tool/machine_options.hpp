// Options of the subcommands that boot virtual machines.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "machine/guest_plan.hpp"

namespace ebpfkit::host::tool {

struct machine_arguments {
  std::vector<std::string> guests;  // ARCHITECTURE=FILE
  std::filesystem::path qemu;
  std::string acceleration = "auto";
  unsigned memory = 0;
  unsigned processors = 1;
  unsigned time_limit = 60;
  std::string kernel_arguments;
  bool dies_with_parent = false;
};

void add_machine_options(CLI::App& command, machine_arguments& given);

// Throws `failure` when there is no guest program for the machine's CPU.
machine_options options_of(const machine_arguments& given, const std::filesystem::path& cache,
                           const std::string& architecture);

// Returns the name of this computer's CPU, as bootable_kernel::architecture has it.
std::string this_architecture();

// Makes the kernel end this process when the process that started it ends.
void die_with_parent();

}  // namespace ebpfkit::host::tool
