#include "kernel_types.hpp"
#include "other.hpp"

#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static_assert(sizeof(kernel::task_struct) > 1000);
static_assert(kernel::XDP_PASS == 2);

int main() {
  const linux_types::v6::sk_buff packet{};
  return packet.len == 0 ? 0 : 1;
}
