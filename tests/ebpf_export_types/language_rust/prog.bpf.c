#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum kind { KIND_OPEN = 1, KIND_CLOSE = 2 };

struct event {
  __u8 flags : 3;
  __u64 when;
  enum kind kind;
  __u16 length;
  union {
    __u32 address;
    __u8 bytes[16];
  };
  char name[5];
} __attribute__((aligned(8)));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

const struct event* event_in_btf __attribute__((unused));

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(void* context) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
