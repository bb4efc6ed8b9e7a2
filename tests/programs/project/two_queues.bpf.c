// A scheduler with two queues: a task of an urgent process runs before all others.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define SLICE 5000000  // nanoseconds that a task runs before the next one gets the CPU

// The kernel of the build may lack sched_ext. So these declarations are here: libbpf finds the
// members and the functions by their names.
struct scx_dump_ctx;
struct sched_ext_ops {
  __s32 (*select_cpu)(struct task_struct* task, __s32 previous, __u64 flags);
  void (*enqueue)(struct task_struct* task, __u64 flags);
  void (*dispatch)(__s32 cpu, struct task_struct* previous);
  __s32 (*init)(void);
  void (*dump)(struct scx_dump_ctx* context);
  __u32 timeout_ms;
  char name[128];
};

extern __s32 scx_bpf_create_dsq(__u64 queue, __s32 node) __ksym;
extern void scx_bpf_dsq_insert(struct task_struct* task, __u64 queue, __u64 slice,
                               __u64 flags) __ksym;
extern bool scx_bpf_dsq_move_to_local(__u64 queue) __ksym;

// The numbers of the queues. The kernel keeps those above 2^63 for itself.
enum queue {
  QUEUE_ORDINARY,
  QUEUE_URGENT,
};

// The urgent processes.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, bool);
} urgent_processes SEC(".maps");

// How often a task entered each queue.
__u64 ordinary_entries;
__u64 urgent_entries;

// Without this, the kernel gives a task that wakes up to an idle CPU, past the queues.
SEC("struct_ops/select_cpu")
__s32 BPF_PROG(on_select_cpu, struct task_struct* task, __s32 previous, __u64 flags) {
  return previous;
}

SEC("struct_ops/enqueue")
void BPF_PROG(on_enqueue, struct task_struct* task, __u64 flags) {
  const __u32 process = (__u32)BPF_CORE_READ(task, tgid);
  const bool is_urgent = bpf_map_lookup_elem(&urgent_processes, &process);
  __atomic_fetch_add(is_urgent ? &urgent_entries : &ordinary_entries, 1, __ATOMIC_RELAXED);
  scx_bpf_dsq_insert(task, is_urgent ? QUEUE_URGENT : QUEUE_ORDINARY, SLICE, flags);
}

SEC("struct_ops/dispatch")
void BPF_PROG(on_dispatch, __s32 cpu, struct task_struct* previous) {
  if (!scx_bpf_dsq_move_to_local(QUEUE_URGENT))
    scx_bpf_dsq_move_to_local(QUEUE_ORDINARY);
}

// Making a queue may wait for memory: this program must be sleepable.
SEC("struct_ops/init")
__s32 BPF_PROG(on_init) {
  const __s32 error = scx_bpf_create_dsq(QUEUE_ORDINARY, -1);
  return error ? error : scx_bpf_create_dsq(QUEUE_URGENT, -1);
}

// The application leaves it out.
SEC("struct_ops/dump")
void BPF_PROG(on_dump, struct scx_dump_ctx* context) {}

SEC(".struct_ops")
struct sched_ext_ops scheduler = {
    .select_cpu = (void*)on_select_cpu,
    .enqueue = (void*)on_enqueue,
    .dispatch = (void*)on_dispatch,
    .init = (void*)on_init,
    .dump = (void*)on_dump,
    .name = "two_queues",
};
