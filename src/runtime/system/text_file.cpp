#include "text_file.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "text.hpp"
#include "unique_fd.hpp"

namespace ebpfkit::detail {

text_file read_text_file(const char* path) {
  constexpr std::size_t most = 1 << 16;
  text_file read_file;
  const unique_fd file(open(path, O_RDONLY | O_CLOEXEC));
  read_file.code = file.code();
  char part[1024];
  while (file && read_file.text.size() < most) {
    const ssize_t got = read(file.get(), part, sizeof(part));
    if (got < 0)
      read_file.code = errno;
    if (got <= 0)
      break;
    read_file.text.append(part, static_cast<std::size_t>(got));
  }
  return read_file;
}

std::string first_line(const char* path) {
  auto text = read_text_file(path).text;
  text.resize(first(text, text.find('\n')).size());
  return text;
}

}  // namespace ebpfkit::detail
