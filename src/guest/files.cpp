#include "files.hpp"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

namespace ebpfkit::guest {

bool read_file(const char* path, std::string& content) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  char buffer[65536];
  for (;;) {
    const ssize_t count = read(file, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      const int error = errno;
      close(file);
      errno = error;
      return count == 0;
    }
    content.append(buffer, static_cast<size_t>(count));
  }
}

}  // namespace ebpfkit::guest
