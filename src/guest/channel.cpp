#include "channel.hpp"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <sys/io.h>
#endif

#include <utility>

namespace ebpfkit::guest {

namespace {

#if defined(__x86_64__)
constexpr unsigned short debugcon_port = 0xe9;

bool open_debugcon() {
  return ioperm(debugcon_port, 1, 1) == 0;
}

void write_debugcon(std::string_view bytes) {
  outsb(debugcon_port, bytes.data(), bytes.size());
}
#else
bool open_debugcon() {
  errno = ENODEV;
  return false;
}

void write_debugcon(std::string_view) {}
#endif

}  // namespace

channel::channel(const char* path, std::string nonce) : nonce_(std::move(nonce)) {
  const bool is_debugcon = strcmp(path, "debugcon") == 0;
  if (!is_debugcon)
    descriptor_ = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (is_debugcon ? !open_debugcon() : descriptor_ < 0) {
    fprintf(stderr, "ebpfkit-guest: cannot open the channel '%s': %s\n", path, strerror(errno));
    _exit(1);
  }
  // A terminal would change bytes: a newline into two bytes, others into signals.
  termios settings{};
  if (tcgetattr(descriptor_, &settings) == 0) {
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL;
    tcsetattr(descriptor_, TCSANOW, &settings);
  }
}

channel::~channel() {
  drain();
  if (descriptor_ >= 0)
    close(descriptor_);
}

void channel::send(std::string_view type, unsigned number, std::string_view content) {
  std::string frame = "ebpfkit " + nonce_ + " " + std::string(type) + " " + std::to_string(number) +
                      " " + std::to_string(content.size()) + "\n";
  frame += content;
  frame += "\n";
  write_all(frame);
}

void channel::drain() {
  tcdrain(descriptor_);
}

void channel::write_all(std::string_view bytes) {
  if (descriptor_ < 0) {
    write_debugcon(bytes);
    return;
  }
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR)
        continue;
      fprintf(stderr, "ebpfkit-guest: cannot write to the channel: %s\n", strerror(errno));
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace ebpfkit::guest
