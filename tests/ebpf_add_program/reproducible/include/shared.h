#include "vmlinux.h"
static inline int thread_group(struct task_struct* task) {
  return __builtin_preserve_access_index(task->tgid);
}
