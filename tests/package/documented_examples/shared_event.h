#ifndef __bpf__
#include <linux/types.h>
#endif
struct shared_event {
  __u32 process;
};
