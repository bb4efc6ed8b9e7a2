// A program that runs beside this process, and does not outlive it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

struct pipe_pair {
  file_descriptor read_end;
  file_descriptor write_end;
};

// Creates a pipe that programs do not inherit. Throws `failure`.
pipe_pair make_pipe();

// The program is stopped with this object, and the kernel stops it when this process ends in
// another way.
class child_process {
 public:
  struct settings {
    int end_signal = 0;        // what stops it: SIGTERM, or SIGKILL
    int output = -1;           // becomes its standard output and standard error, and its standard
                               // input is empty; -1: it has those of this process
    int inherited = -1;        // one more descriptor that it gets, under the same number
    std::string when_missing;  // the remedy when there is no such program
  };

  // Starts `command` (program, then arguments). Looks the program up in PATH when it has no slash.
  // Throws `failure` when it cannot be started.
  child_process(const std::vector<std::string>& command, const settings& wanted);
  ~child_process() { stop(); }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  // Sends the end signal, and waits.
  void stop();

  pid_t process() const { return process_; }

  // Waits for the end. Returns the exit code, or 128 + the number of a signal.
  int wait();

 private:
  pid_t process_ = -1;
  int end_signal_;
  bool is_running_ = true;
  int status_ = 0;
};

}  // namespace ebpfkit::host
