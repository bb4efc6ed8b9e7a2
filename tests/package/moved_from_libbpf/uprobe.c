#include <stdio.h>
#include <unistd.h>

#include "uprobe.skel.h"

__attribute__((noinline)) int uprobed_add(int a, int b) {
  __asm__ volatile("");
  return a + b;
}

__attribute__((noinline)) int uprobed_subtract(int a, int b) {
  __asm__ volatile("");
  return a - b;
}

int main(void) {
  LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = "uprobed_add", .retprobe = false);
  struct uprobe_bpf* skel = uprobe_bpf__open_and_load();
  int failed = !skel;

  if (!failed) {
    skel->links.uprobe_add =
        bpf_program__attach_uprobe_opts(skel->progs.uprobe_add, 0, "/proc/self/exe", 0, &options);
    failed = !skel->links.uprobe_add || uprobe_bpf__attach(skel);
  }
  if (!failed)
    failed = uprobed_add(2, 3) + uprobed_subtract(3, 2) != 6;
  if (!failed)
    printf("sum %d, %d subtractions\n", skel->bss->last_sum, skel->bss->subtractions);
  uprobe_bpf__destroy(skel);
  return failed;
}
