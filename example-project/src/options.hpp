// The command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>

namespace kernel_watch {

// `kernel-watch packets`
struct packets_options {
  std::string interface;
  std::chrono::duration<double> interval{1};
  std::chrono::duration<double> running_time{0};  // 0: until a signal
  bool json = false;
};

// `kernel-watch processes`
struct processes_options {
  std::int32_t parent = 0;  // 0: every parent
  std::chrono::milliseconds minimum_duration{0};
  std::chrono::duration<double> running_time{0};
  bool json = false;
};

// `kernel-watch --self-test`
struct self_test_options {
  bool json = false;
};

// `kernel-watch --btf-info`
struct btf_info_options {
  bool json = false;
};

// `kernel-watch --explain`
struct explain_options {
  bool json = false;
};

// `kernel-watch --help`
struct help_options {};

using command_options = std::variant<help_options, packets_options, processes_options,
                                     self_test_options, btf_info_options, explain_options>;

// A command line that makes no sense; what() says why and what to write.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws usage_error.
command_options parse_command_line(int argc, char** argv);

extern const char* const usage;

}  // namespace kernel_watch
