#include "support/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr int cannot_execute = 127;

}  // namespace

pipe_pair make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw failure(fmt::format("cannot create a pipe: {}", std::strerror(errno)));
  return {file_descriptor(ends[0]), file_descriptor(ends[1])};
}

child_process::child_process(const std::vector<std::string>& command, const settings& wanted)
    : end_signal_(wanted.end_signal) {
  std::vector<char*> arguments;
  for (const auto& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  auto start_error = make_pipe();
  const auto parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0)
    throw failure(fmt::format("cannot start '{}': {}", command[0], std::strerror(errno)));
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, end_signal_);
    if (::getppid() != parent)
      ::_exit(cannot_execute);
    if (wanted.inherited >= 0)
      ::fcntl(wanted.inherited, F_SETFD, 0);
    if (wanted.output >= 0) {
      const int nothing = ::open("/dev/null", O_RDONLY);
      ::dup2(nothing, 0);
      ::dup2(wanted.output, 1);
      ::dup2(wanted.output, 2);
    }
    ::execvp(arguments[0], arguments.data());
    const int error = errno;
    [[maybe_unused]] const auto written =
        ::write(start_error.write_end.get(), &error, sizeof error);
    ::_exit(cannot_execute);
  }
  start_error.write_end.close();
  int error = 0;
  if (::read(start_error.read_end.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(process_, nullptr, 0);
    throw failure(fmt::format("cannot start '{}': {}", command[0], std::strerror(error)),
                  error == ENOENT ? wanted.when_missing : "");
  }
}

void child_process::stop() {
  if (is_running_) {
    ::kill(process_, end_signal_);
    wait();
  }
}

int child_process::wait() {
  if (is_running_) {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    is_running_ = false;
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return status_;
}

}  // namespace ebpfkit::host
