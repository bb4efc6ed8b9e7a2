// BPF programs for the benchmarks, in addition to those in programs/.
#pragma once

#include <string>
#include <vector>

namespace ebpfkit::host::bench {

struct bpf_program {
  std::string name;
  std::string text;
};

// Makes programs like those of tracing tools. They follow chains of BPF_CORE_READ from what a hook
// gives to what a tool reports, and write into a ring buffer, a perf buffer or a hash map. Every
// call makes the same programs.
std::vector<bpf_program> generate_programs();

}  // namespace ebpfkit::host::bench
