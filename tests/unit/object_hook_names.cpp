#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "object/hook_names.hpp"

namespace ebpfkit::host::test {
namespace {

std::shared_ptr<const type_graph> kernel_with(const std::vector<std::string>& functions,
                                              const std::vector<std::string>& tracepoints = {}) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto prototype = btf.prototype(integer, {});
  for (const auto& function : functions)
    btf.function(function, prototype, symbol_linkage::global);
  for (const auto& tracepoint : tracepoints)
    btf.type_definition("btf_trace_" + tracepoint, integer);
  return std::make_shared<const type_graph>(btf.bytes());
}

kernel_hooks usual_hooks() {
  return kernel_hooks({kernel_with(
      {"do_unlinkat", "vfs_read", "__x64_sys_openat", "__x64_sys_read", "__ia32_sys_openat",
       "bpf_lsm_file_open", "bpf_lsm_bpf", "bpf_iter_task", "bpf_iter_task_file"},
      {"sched_switch", "sys_enter", "sched_process_exec"})});
}

TEST(object_hook_names, a_hook_that_the_kernel_has_needs_no_better_one) {
  const auto hooks = usual_hooks();
  for (const auto* section :
       {"kprobe/do_unlinkat", "kretprobe/do_unlinkat", "kprobe/do_unlinkat+0x10", "fentry/vfs_read",
        "fexit.s/vfs_read", "fmod_ret/vfs_read", "ksyscall/openat", "tp/syscalls/sys_enter_openat",
        "tracepoint/syscalls/sys_exit_read", "tp/sched/sched_switch", "raw_tp/sys_enter",
        "tp_btf/sched_process_exec", "lsm/file_open", "lsm.s/bpf", "lsm_cgroup/bpf", "iter/task",
        "iter.s/task_file", "kprobe/__x64_sys_openat"})
    EXPECT_EQ(hooks.better_hook(section), "") << section;
}

TEST(object_hook_names, the_nearest_hook_is_told_in_its_section) {
  const auto hooks = usual_hooks();
  for (const auto& [section, better] : std::vector<std::pair<std::string, std::string>>{
           {"kprobe/do_unlinkta", "kprobe/do_unlinkat"},
           {"kretprobe/do_unlinkta", "kretprobe/do_unlinkat"},
           {"kprobe.multi/do_unlinkt", "kprobe.multi/do_unlinkat"},
           {"kprobe/do_unlink_at+0x10", "kprobe/do_unlinkat+0x10"},
           {"fentry/vsf_read", "fentry/vfs_read"},
           {"fexit/vfs_raed", "fexit/vfs_read"},
           {"fmod_ret.s/vfs_reads", "fmod_ret.s/vfs_read"},
           {"ksyscall/opennat", "ksyscall/openat"},
           {"kretsyscall/raed", "kretsyscall/read"},
           {"tp/syscalls/sys_enter_opennat", "tp/syscalls/sys_enter_openat"},
           {"tracepoint/syscalls/sys_exti_read", "tracepoint/syscalls/sys_exit_read"},
           {"tp/sched/sched_swich", "tp/sched/sched_switch"},
           {"raw_tp/sys_entre", "raw_tp/sys_enter"},
           {"raw_tracepoint.w/sched_swich", "raw_tracepoint.w/sched_switch"},
           {"tp_btf/sched_proces_exec", "tp_btf/sched_process_exec"},
           {"lsm/file_opne", "lsm/file_open"},
           {"lsm.s/bfp", "lsm.s/bpf"},
           {"iter/taks_file", "iter/task_file"},
           {"iter/tsak", "iter/task"}})
    EXPECT_EQ(hooks.better_hook(section), better) << section;
}

TEST(object_hook_names, what_may_be_right_on_another_kernel_is_left_alone) {
  const auto hooks = usual_hooks();
  for (const auto* section :
       {"kprobe/tcp_v4_rcv", "kprobe/do_unlinkat.isra.0", "kprobe.multi/vfs_rea*", "kprobe/",
        "kprobe", "fentry/other_module:vfs_raed", "?kprobe/do_unlinkta", "tp/kprobes/sched_swich",
        "tp/sched_swich", "uprobe//bin/sh:do_unlinkta", "xdp/do_unlinkta", "struct_ops/vfs_raed",
        "freplace/vfs_raed", "fentry/nothing_like_it", "", "/", "//", "kprobe/vfs_reading_of"})
    EXPECT_EQ(hooks.better_hook(section), "") << section;
}

TEST(object_hook_names, hooks_that_only_btf_tells_may_be_lacking) {
  const auto hooks = usual_hooks();
  for (const auto* section : {"fentry/no_such", "fexit.s/no_such", "fmod_ret/no_such",
                              "tp_btf/no_such", "lsm/no_such", "lsm.s/no_such", "iter/no_such"})
    EXPECT_TRUE(hooks.lacks_described_hook(section)) << section;
  // A kprobe needs no BTF, a module may have its own, and what is off at first is no need.
  for (const auto* section :
       {"fentry/vfs_read", "tp_btf/sched_switch", "lsm/bpf", "iter/task", "kprobe/no_such",
        "tp/sched/no_such", "raw_tp/no_such", "fentry/module:no_such", "?fentry/no_such", "xdp"})
    EXPECT_FALSE(hooks.lacks_described_hook(section)) << section;
  EXPECT_FALSE(kernel_hooks({kernel_with({})}).lacks_described_hook("fentry/vfs_read"));
}

TEST(object_hook_names, one_of_several_kernels_is_enough) {
  const kernel_hooks hooks(
      {kernel_with({"vfs_read", "do_unlinkat"}), kernel_with({"vfs_read", "vfs_writes"})});
  EXPECT_EQ(hooks.better_hook("kprobe/do_unlinkat"), "");
  EXPECT_EQ(hooks.better_hook("kprobe/vfs_writes"), "");
  EXPECT_EQ(hooks.better_hook("kprobe/vfs_wirtes"), "kprobe/vfs_writes");
}

TEST(object_hook_names, btf_that_lists_none_of_the_kind_says_nothing) {
  const kernel_hooks none({kernel_with({})});
  EXPECT_EQ(none.better_hook("kprobe/do_unlinkta"), "");
  const kernel_hooks old({kernel_with({"do_unlinkat"})});
  for (const auto* section : {"tp/sched/sched_swich", "raw_tp/sys_entre", "lsm/file_opne",
                              "iter/tsak", "ksyscall/opennat"})
    EXPECT_EQ(old.better_hook(section), "") << section;
  const kernel_hooks mixed({kernel_with({"do_unlinkat"}, {"sched_switch"}), kernel_with({})});
  EXPECT_EQ(mixed.better_hook("tp/sched/sched_swich"), "");
  EXPECT_EQ(kernel_hooks({}).better_hook("kprobe/do_unlinkta"), "");
}

TEST(object_hook_names, tells_sections_that_name_a_hook) {
  EXPECT_TRUE(names_kernel_hook("fentry/vfs_read"));
  for (const auto* section : {"xdp", "fentry", "uprobe//bin/sh:main", "?fentry/vfs_read"})
    EXPECT_FALSE(names_kernel_hook(section)) << section;
}

}  // namespace
}  // namespace ebpfkit::host::test
