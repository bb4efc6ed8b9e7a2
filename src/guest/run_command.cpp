#include "run_command.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::guest {

namespace {

std::vector<char*> argument_pointers(std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void start(const plan& wanted) {
  std::vector<std::string> arguments = wanted.command;
  setsid();
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv("HOME", "/tmp", 1);
  setenv("TMPDIR", "/tmp", 1);
  std::vector<std::string> environment = wanted.environment;
  for (std::string& variable : environment)
    putenv(variable.data());  // it must live as long as the process
  if (chdir(wanted.directory.c_str()) != 0)
    fprintf(stderr, "ebpfkit-guest: cannot enter '%s': %s\n", wanted.directory.c_str(),
            strerror(errno));
  else
    execvp(arguments[0].c_str(), argument_pointers(arguments).data());
  fprintf(stderr, "ebpfkit-guest: cannot start '%s': %s\n", arguments[0].c_str(), strerror(errno));
  _exit(127);
}

// Sends what the pipe has. Returns false at its end.
bool forward(int pipe, const char* type, channel& results) {
  char buffer[16384];
  const ssize_t count = read(pipe, buffer, sizeof buffer);
  if (count > 0)
    results.send(type, 0, std::string_view(buffer, static_cast<size_t>(count)));
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// The first process is the parent of all that lost theirs, so it also reaps children of the
// command. Returns true when `child` has ended.
bool reap(pid_t child, int& wait_status) {
  bool has_ended = false;
  int status = 0;
  for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
    if (ended == child) {
      wait_status = status;
      has_ended = true;
    }
  return has_ended;
}

}  // namespace

int run_command(const plan& wanted, channel& results) {
  int output[2];
  int errors[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
    return 127;
  const pid_t child = fork();
  if (child == 0) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(output[1], 1);
    dup2(errors[1], 2);
    start(wanted);
  }
  close(output[1]);
  close(errors[1]);
  pollfd pipes[] = {{output[0], POLLIN, 0}, {errors[0], POLLIN, 0}};
  const char* const types[] = {"stdout", "stderr"};
  int wait_status = 0;
  bool has_ended = child < 0;
  // A process that the command leaves behind may keep the pipes open. What the command itself wrote
  // is in them when it ends, so one more round without waiting reads it.
  for (bool is_open = true; is_open;) {
    const int ready = poll(pipes, 2, has_ended ? 0 : 100);
    for (size_t i = 0; i < 2; ++i)
      if (ready > 0 && pipes[i].revents != 0 && !forward(pipes[i].fd, types[i], results))
        pipes[i].fd = -1;
    is_open = (pipes[0].fd >= 0 || pipes[1].fd >= 0) && !(has_ended && ready <= 0);
    has_ended = has_ended || reap(child, wait_status);
  }
  while (!has_ended) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, 0);
    has_ended = ended == child || (ended < 0 && errno != EINTR);
    if (ended == child)
      wait_status = status;
  }
  close(output[0]);
  close(errors[0]);
  return child < 0 ? 127 : status_of(wait_status);
}

int run_shell(const plan& wanted, channel& results) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    // The console must be the shell's terminal, so that Ctrl-C and job control work.
    const int console = open("/dev/console", O_RDWR);
    ioctl(console, TIOCSCTTY, 1);
    for (const int descriptor : {0, 1, 2})
      dup2(console, descriptor);
    plan shell = wanted;
    if (shell.command.empty())
      shell.command = {"/bin/sh", "-i"};
    start(shell);
  }
  results.send("stdout", 0, "");
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(-1, &status, 0)) != child && (ended >= 0 || errno == EINTR)) {
  }
  return ended == child ? status_of(status) : 127;
}

}  // namespace ebpfkit::guest
