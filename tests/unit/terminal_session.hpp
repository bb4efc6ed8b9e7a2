// A program that runs at a terminal of its own, as a user sees it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/file_descriptor.hpp"

namespace ebpfkit::test {

class terminal_session {
 public:
  explicit terminal_session(std::vector<std::string> command)
      : ours_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    std::array<char, 128> name{};
    if (ours_.get() < 0 || ::grantpt(ours_.get()) != 0 || ::unlockpt(ours_.get()) != 0 ||
        ::ptsname_r(ours_.get(), name.data(), name.size()) != 0)
      throw std::runtime_error("no pseudo-terminal");
    std::vector<char*> words;
    for (auto& word : command)
      words.push_back(word.data());
    words.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
      ::setsid();
      const int terminal = ::open(name.data(), O_RDWR);
      ::ioctl(terminal, TIOCSCTTY, 0);
      for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        ::dup2(terminal, standard);
      // A script that starts the tests in the background has them ignore Ctrl-C.
      ::signal(SIGINT, SIG_DFL);
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    if (process_ < 0)
      throw std::runtime_error("no process");
  }
  ~terminal_session() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }
  terminal_session(const terminal_session&) = delete;
  terminal_session& operator=(const terminal_session&) = delete;

  // Reads until the program has written `text` behind what earlier calls waited for. Returns false
  // when the program ends, or writes nothing for a minute.
  bool wait_for(std::string_view text) {
    for (;;) {
      const auto place = output_.find(text, seen_);
      if (place != std::string::npos) {
        seen_ = place + text.size();
        return true;
      }
      if (!read_more())
        return false;
    }
  }

  // Types the characters; "\n" is the Enter key and "\x04" is Ctrl-D.
  void type(std::string_view keys) {
    while (!keys.empty()) {
      const auto written = ::write(ours_.get(), keys.data(), keys.size());
      if (written <= 0)
        throw std::runtime_error("the terminal takes no keys");
      keys.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  // Reads the rest. Returns the exit code, or 128 + the number of a signal. Ends a program that
  // writes nothing for a minute.
  int wait() {
    while (read_more()) {
    }
    if (is_silent_)
      ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string& output() const { return output_; }

 private:
  bool read_more() {
    constexpr int longest_silence = 60000;  // milliseconds
    pollfd waiting{ours_.get(), POLLIN, 0};
    std::array<char, 4096> bytes{};
    is_silent_ = ::poll(&waiting, 1, longest_silence) != 1;
    if (is_silent_)
      return false;
    // EIO: the last process has closed the terminal.
    const auto got = ::read(ours_.get(), bytes.data(), bytes.size());
    if (got <= 0)
      return false;
    output_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }

  host::file_descriptor ours_;
  pid_t process_ = -1;
  bool is_silent_ = false;
  std::string output_;
  std::size_t seen_ = 0;
};

}  // namespace ebpfkit::test
