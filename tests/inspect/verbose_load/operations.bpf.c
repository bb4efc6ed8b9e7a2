/* No kernel has this struct of functions. The other program loads all the same, also with libbpf
 * before 1.4, which crashes when no struct_ops program is loaded. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct no_such_operations {
  int (*call)(void* context);
};

SEC("struct_ops/call") int call(void* context) {
  return 0;
}

SEC(".struct_ops") struct no_such_operations operations = {.call = (void*)call};

SEC("raw_tp/sys_enter") int watch(void* context) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
