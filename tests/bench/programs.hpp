// BPF programs to measure with, besides those in programs/.
#pragma once

#include <string>
#include <vector>

namespace ebpfkit::host::bench {

struct bpf_program {
  std::string name;
  std::string text;
};

// Programs in the shapes of tracing tools: chains of BPF_CORE_READ from what a hook gives to what a
// tool reports, into a ring buffer, a perf buffer or a hash map. The same ones every time.
std::vector<bpf_program> generate_programs();

}  // namespace ebpfkit::host::bench
