struct task {
  int pid;
} __attribute__((preserve_access_index));

int pid_of(struct task* task) {
  return task->pid;
}
