#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// These names are text only. A header without their macros leaves them as they are.
#define NAME(x) #x
#define NAME_OF(x) NAME(x)
#define CHOSEN ETH_P_IP

_Static_assert(sizeof(NAME(AF_INET6)) == sizeof("AF_INET6"), "");
_Static_assert(sizeof(NAME_OF(AF_INET)) == sizeof("AF_INET"), "");
_Static_assert(sizeof(NAME_OF(CHOSEN)) == sizeof("ETH_P_IP"), "");

SEC("raw_tp/" NAME_OF(EPERM))
int named(void* context) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
