// The kernel types that the BPF programs are relocated with.
#pragma once

#include <ebpfkit/btf_source.hpp>

namespace kernel_watch {

// The running kernel's own BTF; on a kernel without any, what the build embedded for it; else the
// layout that the programs were built with, if it can be this kernel's, which is told on standard
// error. It must live until the programs are loaded. Throws ebpfkit::exception when all that fails.
ebpfkit::btf_source find_kernel_types();

// The same as if this kernel had no BTF of its own, and without a word.
ebpfkit::result<ebpfkit::btf_source> find_embedded_kernel_types();

}  // namespace kernel_watch
