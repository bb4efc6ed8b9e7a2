// The processes that the self-test starts: this program, called with a hidden option.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "unique_fd.hpp"

namespace kernel_watch {

// First argument of such a process.
constexpr const char* child_option = "--child";

// What a child does before it ends with `exit_status`.
struct child_plan {
  int exit_status = 0;
  unsigned threads = 0;        // other threads that are alive when it ends
  unsigned children = 0;       // children of its own, which end before it
  bool leader_leaves = false;  // the first thread ends before another one ends the process
};

// main() of a child, with the arguments after child_option. The child starts and ends a thread,
// renames itself, says that it is ready, and waits until the parent lets it end. Returns its exit
// status.
int run_self_test_child(int argc, char** argv);

// What /proc tells of a process.
struct process_facts {
  pid_t parent = 0;
  std::uint64_t start_ticks = 0;  // clock ticks since boot
  std::string name;
};

// The parent's side. wait() waits for the child. Destruction before wait() kills the child.
class child_process {
 public:
  // Starts this program with that plan. Returns when the child is ready. Throws std::system_error.
  explicit child_process(const child_plan& plan);
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;

  pid_t id() const { return id_; }

  // Throws std::runtime_error.
  process_facts facts() const;

  // Lets the child end.
  void release() { channel_.reset(); }

  // Sends a signal. Throws std::system_error.
  void signal(int number) const;

  // Waits for the end and returns the status from waitpid(). Throws std::system_error.
  int wait();

 private:
  pid_t id_ = -1;
  unique_fd channel_;  // the child's standard input is the other end
};

// The name that a process has after it has executed this program. The kernel keeps at most 15
// bytes.
std::string executable_name();

}  // namespace kernel_watch
