#include "free_descriptors.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

namespace ebpfkit::detail {

unsigned free_descriptors(unsigned most) noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return most;
  unsigned found = 0;
  for (rlim_t number = 0; number < limit.rlim_cur && found < most; ++number) {
    if (fcntl(static_cast<int>(number), F_GETFD) < 0 && errno == EBADF)
      ++found;
  }
  return found;
}

}  // namespace ebpfkit::detail
