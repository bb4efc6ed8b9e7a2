/* A helper for programs under the GPL only. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Proprietary";

SEC("tc")
int licence(struct __sk_buff* packet) {
  static const char text[] = "hello";
  return bpf_trace_printk(text, sizeof text);
}
