// Running one program without a shell.
#pragma once

#include <string>
#include <vector>

namespace ebpfkit::host {

struct process_result {
  int exit_status = 0;  // exit code, or 128 + signal number
  std::string output;   // standard output
  std::string errors;   // standard error
};

// Runs `command` (program, then arguments) and waits for it. Looks the program up in PATH when it
// has no slash. Standard input is empty. Throws `failure` only when the program cannot be started.
process_result run_process(const std::vector<std::string>& command);

}  // namespace ebpfkit::host
