// Options of the subcommands that boot virtual machines.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernel_store.hpp"
#include "machine/guest_plan.hpp"
#include "machine/initramfs.hpp"

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

// Returns the kernel of that name. Fetches it first when the cache does not have it, `fetches` is
// set, and it is one of Debian's.
bootable_kernel find_or_fetch(const kernel_store& store, const std::string& name, bool fetches);

// Adds the file or directory that a word FILE[=PATH] names. Without PATH it goes to `directory`. A
// program brings the libraries that it needs.
void add_file_word(initramfs& files, const std::string& word, std::string_view directory,
                   const std::string& architecture);

// Returns the name of this computer's CPU, as bootable_kernel::architecture has it.
std::string this_architecture();

// Makes the kernel end this process when the process that started it ends.
void die_with_parent();

}  // namespace ebpfkit::host::tool
