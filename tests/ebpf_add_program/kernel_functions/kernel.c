// Stands for a kernel: pahole writes the same tag for each function that BPF programs may call.
#define KERNEL_FUNCTION __attribute__((btf_decl_tag("bpf_kfunc")))

typedef unsigned int u32;
enum owner { OWNER_USER, OWNER_KERNEL };
struct task {
  int pid;
  struct task* parent;
};

KERNEL_FUNCTION struct task* task_of_pid(u32 pid, enum owner owner) {
  return 0;
}
KERNEL_FUNCTION void task_release(struct task* task) {}
KERNEL_FUNCTION void lock_tasks(void) {}
KERNEL_FUNCTION int never_called(void) {
  return 0;
}
int untagged(void) {
  return 0;
}
