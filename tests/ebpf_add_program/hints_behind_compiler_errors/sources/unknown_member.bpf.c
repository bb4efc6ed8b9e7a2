#include "vmlinux.h"

int f(struct task_struct* t) {
  return t->start_boottim + t->no_longer_there;
}
