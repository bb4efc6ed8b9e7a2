#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "minimal_ns.skel.h"

int main(void) {
  struct stat pid_namespace;
  struct minimal_ns_bpf* skel = minimal_ns_bpf__open();
  if (!skel || stat("/proc/self/ns/pid", &pid_namespace))
    return 1;
  skel->bss->namespace_device = pid_namespace.st_dev;
  skel->bss->namespace_inode = pid_namespace.st_ino;
  skel->bss->watched_process = getpid();
  if (minimal_ns_bpf__load(skel) || minimal_ns_bpf__attach(skel)) {
    minimal_ns_bpf__destroy(skel);
    return 1;
  }
  for (int i = 0; i < 3; ++i)
    raise(SIGURG);
  printf("%llu signals\n", skel->bss->signals);
  minimal_ns_bpf__destroy(skel);
  return 0;
}
