#include "vmlinux.h"

__be23 address;
int tasks(struct task_strukt* task) {
  return task->pid;
}
unsigned long size = sizeof(struct mm_strct);
