#ifndef TASK_ITER_H
#define TASK_ITER_H

struct task_info {
  int pid;
  int tid;
  char command[16];
};

#endif
