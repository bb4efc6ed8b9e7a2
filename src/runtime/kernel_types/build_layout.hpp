// The layout that programs were built with, on kernels that have no BTF and for which none is
// embedded: is it that kernel's? Not all can be known, but what can is compared.
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
  std::vector<std::string> agreements;  // words for what was compared and is equal
  std::string not_compared;             // why memory of the kernel was not looked at; may be empty
};

// Reads one 32-bit word of the current thread's task_struct, and the thread's ids, in the kernel.
// Of its own type so that tests can stand in for the kernel.
class task_reader {
 public:
  virtual ~task_reader() = default;

  // The word at `offset` bytes; nothing when the kernel does not let this process look.
  virtual std::optional<std::uint32_t> word_at(std::uint32_t offset) = 0;

  // Thread id in the lower half and process id in the upper, in the initial PID namespace, as
  // bpf_get_current_pid_tgid() gives them.
  virtual std::optional<std::uint64_t> ids() = 0;
};

// Reads through BPF programs of a few instructions that are run once, not attached
// (BPF_PROG_TEST_RUN of raw tracepoint programs, Linux 5.10). Needs the rights that loading needs.
class kernel_task_reader : public task_reader {
 public:
  std::optional<std::uint32_t> word_at(std::uint32_t offset) override;
  std::optional<std::uint64_t> ids() override;
};

// Compares what the build recorded of its kernel with the running one: architecture, release,
// version (where the build knew it), and task_struct's members `pid`, `tgid` and `comm`, which move
// with almost every change of the kernel's configuration, with what is known of this thread.
layout_comparison compare_layout(const embedded_build_kernel& build, const machine& running,
                                 task_reader& reader);

// That the layout of the build is taken.
struct taken_layout {
  std::string description;  // for btf_source::description()
  std::vector<std::string> mismatches;
};

}  // namespace ebpfkit::detail

namespace ebpfkit {

// A pointer to code, so that only applications that name one of the constants have that code.
struct build_layout {
  result<detail::taken_layout> (*take)(const detail::embedded_build_kernel& build,
                                       const detail::machine& running);
};

}  // namespace ebpfkit
