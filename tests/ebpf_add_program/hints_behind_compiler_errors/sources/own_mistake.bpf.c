#include "vmlinux.h"

struct mine {
  int first;
};
int sum(struct mine* mine, struct task_struct* task) {
  return mine->second + undeclared_thing + task->tgid;
}
