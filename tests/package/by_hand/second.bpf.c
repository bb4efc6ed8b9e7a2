#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

extern unsigned int seen;

__attribute__((noinline)) void count(void) {
  __sync_fetch_and_add(&seen, 1);
}
