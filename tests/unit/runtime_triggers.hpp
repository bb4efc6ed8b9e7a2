// Programs and events that several tests of attachments share.
#pragma once

#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "ebpfkit/link.hpp"
#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

// The uprobe tests probe this function. It has its plain name in the symbol table.
extern "C" int ebpfkit_probed_function(int value);

namespace ebpfkit::test {

constexpr const char* tracepoint = R"(
SEC("tp") int program(void *context) { return count_mine(); })";

inline std::string raw_tracepoint(const std::string& more) {
  return "SEC(\"raw_tp\") int program(__u64 *context) {\n"
         "  if (context[1] != SYS_getpgid) return 0;\n" +
         more + "  return count_mine();\n}";
}

// tp_btf needs BTF but patches no function.
inline std::string tracepoint_by_btf() {
  auto source = raw_tracepoint("");
  return source.replace(source.find("raw_tp"), 6, "tp_btf/sys_enter");
}

constexpr const char* uprobe = R"(
SEC("uprobe") int program(void *context) { return count_mine(); })";

inline void call_getpgid(int times = 1) {
  for (int i = 0; i < times; ++i)
    static_cast<void>(syscall(SYS_getpgid, getpid()));
}

inline void call_probed(int times = 1) {
  // Call through a pointer that the compiler cannot see through. Otherwise it calls its own copies
  // of the function.
  static int (*volatile const function)(int) = ebpfkit_probed_function;
  for (int i = 0; i < times; ++i)
    function(i);
}

// The kernel then calls bpf_fentry_test1(1), bpf_fentry_test2(2, 3), ...
// (bpf_prog_test_run_tracing in net/bpf/test_run.c).
inline void run_test_functions(const program& program) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  EXPECT_EQ(bpf_prog_test_run_opts(program.fd(), &options), 0);
}

// Triggers while `attached` lives and after it.
template <class Trigger>
void expect_counts_while_attached(counting_object& object, result<link> attached, Trigger trigger) {
  ASSERT_TRUE(attached) << attached.error().message();
  // Perf events, which are kprobes, uprobes and tracepoints, have links since Linux 5.15.
  if (attached->kind() != link_kind::file || detail::if_older_than({5, 15}, "").empty()) {
    EXPECT_EQ(attached->kind(), link_kind::bpf_link);
  }
  EXPECT_FALSE(attached->outlives_process());
  EXPECT_GE(attached->fd(), 0);
  object.mine();
  trigger();
  trigger();
  EXPECT_EQ(object.mine(), 2U);
  { const auto gone = std::move(*attached); }
  trigger();
  EXPECT_EQ(object.mine(), 0U);
}

// The kernels of some sandboxes refuse everything that patches a kernel function.
inline bool kernel_has_trampolines() {
  return kernel_loads_empty_program("fentry/bpf_fentry_test1");
}

constexpr const char* no_trampolines =
    "this kernel refuses to load an empty fentry program, though libbpf finds its function";

}  // namespace ebpfkit::test
