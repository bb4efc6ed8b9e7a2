#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct table {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, int);
};
