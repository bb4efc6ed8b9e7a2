#include <bpf/bpf_helpers.h>
#include "vmlinux.h"

SEC("raw_tp/sys_exit")
int now(void* context) {
  return bpf_ktime_get_ns();
}
