#include "vmlinux.h"
int prog(struct task* task) {
  return task->pid;
}
