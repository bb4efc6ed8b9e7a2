#include <stdio.h>
#include <unistd.h>

#include "usdt.skel.h"

int main(void) {
  struct usdt_bpf* skel = usdt_bpf__open();
  int failed = !skel;

  if (!failed) {
    skel->bss->watched_process = getpid();
    failed = usdt_bpf__load(skel);
  }
  printf("%s\n", failed ? "not loaded" : "loaded");
  usdt_bpf__destroy(skel);
  return failed;
}
