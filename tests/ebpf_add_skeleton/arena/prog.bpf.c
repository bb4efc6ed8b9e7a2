#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))

struct {
  __uint(type, 33);            // BPF_MAP_TYPE_ARENA, which older headers do not have
  __uint(map_flags, 1 << 10);  // BPF_F_MMAPABLE
  __uint(max_entries, 4);      // pages
  __ulong(map_extra, 0x1ull << 44);
} shared SEC(".maps");

struct node {
  int number;
  struct node __arena* next;
};

int __arena calls = 3;
struct node __arena first = {.number = 5};
int in_data = 7;

SEC("syscall")
int count(void* context) {
  (void)context;
  first.next = &first;
  calls += first.number + in_data;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
