#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "task_iter.h"
#include "task_iter.skel.h"

int main(void) {
  struct task_iter_bpf* skel = task_iter_bpf__open_and_load();
  struct task_info info;
  int seen = 0, iterator = -1, failed = !skel || task_iter_bpf__attach(skel);

  if (!failed) {
    iterator = bpf_iter_create(bpf_link__fd(skel->links.get_tasks));
    failed = iterator < 0;
  }
  while (!failed && read(iterator, &info, sizeof(info)) == (ssize_t)sizeof(info))
    seen |= info.pid == getpid();
  printf("%s\n", seen ? "seen" : "nothing");
  if (iterator >= 0)
    close(iterator);
  task_iter_bpf__destroy(skel);
  return failed;
}
