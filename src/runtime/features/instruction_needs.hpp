// What the instructions of a program need from the kernel.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <vector>

#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

struct instruction_needs {
  std::vector<unsigned> helpers;         // ascending, each once
  std::vector<kernel_feature> features;  // in the order of kernel_feature, each once
};

// Takes the instructions as libbpf shows them before it loads the program. libbpf has not resolved
// the calls of functions then.
instruction_needs scan_instructions(const bpf_insn* instructions, std::size_t count);

}  // namespace ebpfkit::detail
