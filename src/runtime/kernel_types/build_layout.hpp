// Checks whether the layout that programs were built with is the running kernel's. This is for
// kernels that have no BTF and for which none is embedded. It compares what such kernels tell,
// which is not everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ebpfkit/btf_source.hpp"
#include "ebpfkit/result.hpp"
#include "embedded_btf.hpp"
#include "machine.hpp"

namespace ebpfkit::detail {

struct layout_comparison {
  std::vector<std::string> mismatches;  // sentences
  std::vector<std::string> agreements;  // names of what was compared and is equal
  std::string not_compared;             // why the kernel's memory was not compared; may be empty
};

// Reads one 32-bit word of the current thread's task_struct, and the thread's ids, in the kernel.
// It is a type of its own so that tests can replace the kernel.
class task_reader {
 public:
  virtual ~task_reader() = default;

  // The word at `offset` bytes. Nothing when the kernel does not permit this process to read it.
  virtual std::optional<std::uint32_t> word_at(std::uint32_t offset) = 0;

  // What bpf_get_current_pid_tgid() returns: the thread id in the lower half and the process id in
  // the upper half, both in the initial PID namespace.
  virtual std::optional<std::uint64_t> ids() = 0;
};

// Reads with BPF programs of a few instructions. It runs each program once and attaches none
// (BPF_PROG_TEST_RUN of raw tracepoint programs, Linux 5.10). It needs the rights that loading
// programs needs.
class kernel_task_reader : public task_reader {
 public:
  std::optional<std::uint32_t> word_at(std::uint32_t offset) override;
  std::optional<std::uint64_t> ids() override;
};

// Compares the kernel that the build recorded with the running one: architecture, release, and
// version if the build knew it. Also reads task_struct's members `pid`, `tgid` and `comm` at the
// recorded offsets and compares them with what is known about this thread. These members move with
// almost every change of the kernel's configuration.
layout_comparison compare_layout(const embedded_build_kernel& build, const machine& running,
                                 task_reader& reader);

// The decision to use the layout of the build.
struct taken_layout {
  std::string description;  // for btf_source::description()
  std::vector<std::string> mismatches;
};

}  // namespace ebpfkit::detail

namespace ebpfkit {

// A pointer to the code, so that only applications that use one of the constants contain the code.
struct build_layout {
  result<detail::taken_layout> (*take)(const detail::embedded_build_kernel& build,
                                       const detail::machine& running);
};

}  // namespace ebpfkit
