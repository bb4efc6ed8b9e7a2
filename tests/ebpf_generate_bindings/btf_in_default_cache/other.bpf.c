#include "vmlinux.h"
int other(struct later* later) {
  return later->a;
}
