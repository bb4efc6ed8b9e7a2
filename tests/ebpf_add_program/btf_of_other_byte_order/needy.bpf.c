#include "vmlinux.h"

int flags_of(struct file* file) {
  return file->f_flags;
}
