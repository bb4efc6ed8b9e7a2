#include HEADER

#include <bpf/bpf.h>
#include <unistd.h>

#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)

int main(void) {
  struct NAMED(PROGRAM, _bpf)* skeleton = NAMED(PROGRAM, _bpf__open)();
  if (!skeleton)
    return 1;
  int wrong = bpf_map__type(skeleton->maps.counts) != BPF_MAP_TYPE_HASH ||
              bpf_map__type(skeleton->maps.limits) != BPF_MAP_TYPE_ARRAY ||
              skeleton->data_last->step != 3 || skeleton->data_last->last_count != 7;
  if (!wrong && geteuid() == 0)
    wrong = NAMED(PROGRAM, _bpf__load)(skeleton) != 0;
  NAMED(PROGRAM, _bpf__destroy)(skeleton);
  return wrong;
}
