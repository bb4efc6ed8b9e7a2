// Follows processes from exec to exit.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define COMM_LENGTH 16           /* TASK_COMM_LEN, linux/sched.h */
#define SIGNAL_GROUP_EXIT 0x0004 /* linux/sched/signal.h */

enum event_kind {
  PROCESS_EXEC,
  PROCESS_EXIT,
};

struct process_event {
  __u64
      start_time;  // of the process, nanoseconds since boot: what field 22 of /proc/PID/stat shows
  __u64 duration;  // nanoseconds from the last exec to the exit; 0 in PROCESS_EXEC
  enum event_kind kind;
  __s32 tgid;
  __s32 parent_tgid;
  __s32 wait_status;  // as waitpid() gives it to the parent; 0 in PROCESS_EXEC
  char comm[COMM_LENGTH];
};

// The application sets these before it loads the program. The verifier then sees constants and
// removes the code that they make unreachable.
const volatile __s32 only_parent_tgid = 0;     // 0: every parent
const volatile __u64 minimum_duration_ns = 0;  // 0: exec and exit; else only the exits that qualify

__u64 dropped_events = 0;       // the ring buffer was full
__u64 untracked_processes = 0;  // the table of running processes was full

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} events SEC(".maps");

// The processes that the program follows now: tgid -> time of the last exec. When an exit finds no
// entry, the filter left the process out, it never called exec, or it ran before us.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __s32);
  __type(value, __u64);
} running SEC(".maps");

// What waitpid() will tell: see wait_task_zombie() in the kernel's kernel/exit.c.
static __always_inline __s32 wait_status(struct task_struct* leader) {
  struct signal_struct* signal = BPF_CORE_READ(leader, signal);
  if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
    return BPF_CORE_READ(signal, group_exit_code);
  return BPF_CORE_READ(leader, exit_code);
}

// The compiler must not inline this function: its argument puts struct process_event into the
// object's BTF. Nothing else in the object names the type of the ring buffer's records.
static __noinline void describe(struct process_event* event, struct task_struct* leader) {
  event->start_time = BPF_CORE_READ(leader, start_boottime);
  event->tgid = BPF_CORE_READ(leader, tgid);
  event->parent_tgid = BPF_CORE_READ(leader, real_parent, tgid);
  BPF_CORE_READ_STR_INTO(&event->comm, leader, comm);
}

static __always_inline struct process_event* reserve_event(void) {
  struct process_event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event)
    __atomic_fetch_add(&dropped_events, 1, __ATOMIC_RELAXED);
  return event;
}

// Arguments: struct task_struct *task, pid_t old_pid, struct linux_binprm *program.
SEC("raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args* context) {
  struct task_struct* task = (struct task_struct*)context->args[0];
  if (only_parent_tgid && BPF_CORE_READ(task, real_parent, tgid) != only_parent_tgid)
    return 0;

  __s32 tgid = BPF_CORE_READ(task, tgid);
  __u64 now = bpf_ktime_get_ns();
  if (bpf_map_update_elem(&running, &tgid, &now, BPF_ANY))
    __atomic_fetch_add(&untracked_processes, 1, __ATOMIC_RELAXED);
  if (minimum_duration_ns)
    return 0;

  struct process_event* event = reserve_event();
  if (!event)
    return 0;
  describe(event, task);
  event->kind = PROCESS_EXEC;
  event->wait_status = 0;
  event->duration = 0;
  bpf_ringbuf_submit(event, 0);
  return 0;
}

// The kernel calls this for each thread. The process ends with its last thread. When several
// threads leave at once, more than one may see no other alive. The one that removes the entry
// reports. Argument: struct task_struct *task.
SEC("raw_tp/sched_process_exit")
int process_exit(struct bpf_raw_tracepoint_args* context) {
  struct task_struct* task = (struct task_struct*)context->args[0];
  if (BPF_CORE_READ(task, signal, live.counter))
    return 0;

  __s32 tgid = BPF_CORE_READ(task, tgid);
  __u64* exec_time = bpf_map_lookup_elem(&running, &tgid);
  if (!exec_time)
    return 0;
  __u64 duration = bpf_ktime_get_ns() - *exec_time;
  if (bpf_map_delete_elem(&running, &tgid) || duration < minimum_duration_ns)
    return 0;

  struct process_event* event = reserve_event();
  if (!event)
    return 0;
  struct task_struct* leader = BPF_CORE_READ(task, group_leader);
  describe(event, leader);
  event->kind = PROCESS_EXIT;
  event->wait_status = wait_status(leader);
  event->duration = duration;
  bpf_ringbuf_submit(event, 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
