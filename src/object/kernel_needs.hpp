// What a BPF object needs from a kernel, and from the process that loads it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ebpfkit/capabilities.hpp"
#include "ebpfkit/features.hpp"

namespace ebpfkit::host {

struct kernel_needs {
  std::vector<object_need> features;  // with what the running kernel has
  std::vector<capability_need> capabilities;
};

// Opens the object with libbpf and loads nothing. `running` is what the running kernel has, as far
// as this process may ask it: one probe serves many objects. Returns no value for an object that
// libbpf does not open: one of the other byte order, or one that is damaged.
std::optional<kernel_needs> find_kernel_needs(std::span<const std::uint8_t> object,
                                              const std::string& name, kernel_features& running);

}  // namespace ebpfkit::host
