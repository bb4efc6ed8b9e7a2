// The kernel types that relocate the BPF programs.
#pragma once

#include <ebpfkit/btf_source.hpp>

namespace kernel_watch {

// Returns the running kernel's own BTF or, on a kernel without BTF, what the build embedded for it.
// If there is neither, returns the layout that the programs were built with, if it can be this
// kernel's, and says so on standard error. The result must live until the programs are loaded.
// Throws ebpfkit::exception when all that fails.
ebpfkit::btf_source find_kernel_types();

// The same as if this kernel had no BTF of its own. Prints nothing.
ebpfkit::result<ebpfkit::btf_source> find_embedded_kernel_types();

}  // namespace kernel_watch
