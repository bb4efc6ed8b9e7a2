#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define HOOK(name, section) \
  SEC(section)              \
  int name(void* context) { \
    return 0;               \
  }

HOOK(probe, "kprobe/do_unlinkta")
HOOK(probe_offset, "kretprobe/do_unlinkta")
HOOK(several, "kprobe.multi/do_unlinkta")
HOOK(entry, "fentry/do_unlinkta")
HOOK(left, "fexit/do_unlinkta")
HOOK(call, "ksyscall/opennat")
HOOK(point, "tp/syscalls/sys_enter_opennat")
HOOK(point_of_kernel, "tracepoint/sched/sched_swich")
HOOK(raw_point, "raw_tp/sched_swich")
HOOK(typed_point, "tp_btf/sched_swich")
HOOK(iterator, "iter/task_flie")

HOOK(known_probe, "kprobe/do_unlinkat")
HOOK(known_point, "tp/syscalls/sys_enter_openat")
HOOK(known_raw_point, "raw_tp/sched_switch")
HOOK(known_iterator, "iter/task_file")
HOOK(known_call, "ksyscall/openat")
HOOK(other_module, "kprobe/function_of_a_module_that_is_not_loaded")
HOOK(off_at_first, "?kprobe/do_unlinkta")

char LICENSE[] SEC("license") = "GPL";
