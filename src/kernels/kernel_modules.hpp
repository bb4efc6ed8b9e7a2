// Kernel modules that tests of BPF programs need.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct kernel_module {
  std::string name;                 // "cls_bpf"
  std::vector<std::uint8_t> bytes;  // unpacked
};

// Finds the modules below `directory` that network programs need, and those that they depend on, in
// the order in which they must be loaded. Modules that the kernel has built in, or does not have,
// are left out. Throws `failure` when a module is damaged.
std::vector<kernel_module> find_test_modules(const std::filesystem::path& directory);

// True for the names of files that may be such modules.
bool may_be_test_module(std::string_view path);

}  // namespace ebpfkit::host
