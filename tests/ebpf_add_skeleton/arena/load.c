#include <bpf/bpf.h>
#include <stdio.h>

#include "prog.skel.h"

int main(void) {
  struct prog_bpf* opened = prog_bpf__open();
  if (!opened)
    return 1;
  if (opened->arena->calls != 3 || opened->data->in_data != 7)
    return 2;
  opened->arena->calls = 4;
  if (prog_bpf__load(opened))
    return 3;
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (bpf_prog_test_run_opts(bpf_program__fd(opened->progs.count), &options))
    return 4;
  printf("calls: %d\n", opened->arena->calls);
  prog_bpf__destroy(opened);
  return 0;
}
