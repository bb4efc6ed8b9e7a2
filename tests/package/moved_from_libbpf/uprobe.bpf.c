// Functions of a program: one that the application attaches by hand, one that libbpf finds by
// itself.
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

int last_sum = 0;
int subtractions = 0;

SEC("uprobe")
int BPF_KPROBE(uprobe_add, int a, int b) {
  last_sum = a + b;
  return 0;
}

SEC("uprobe//proc/self/exe:uprobed_subtract")
int BPF_KPROBE(uprobe_subtract, int a, int b) {
  (void)a;
  (void)b;
  __sync_fetch_and_add(&subtractions, 1);
  return 0;
}
