// System headers define macros with the names of members.
#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#define pid no_identifier(

#include "kernel_types.hpp"
#undef pid

int main() {
  kernel::task_struct task{};
  task.pid = 3;
  return task.pid == 3 && static_cast<int>(kernel::XDP_PASS) == XDP_PASS ? 0 : 1;
}
