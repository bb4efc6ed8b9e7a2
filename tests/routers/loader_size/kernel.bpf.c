// The types of an older kernel, which does not exist, as far as prog.bpf.c needs them.
struct task_struct {
  long state;
  struct task_struct* real_parent;
  int tgid;
};

struct bpf_raw_tracepoint_args {
  unsigned long long args[1];
};

struct task_struct task;
struct bpf_raw_tracepoint_args arguments;
