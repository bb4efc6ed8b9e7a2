// Checks of the self-test: each compares a figure that is known with the one that was counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kernel_watch {

class check_list {
 public:
  explicit check_list(bool json) : json_(json) {}

  // Prints the names of the columns.
  void print_header() const;

  // Prints the two figures and remembers whether they agree.
  void compare(std::string_view name, std::uint64_t expected, std::uint64_t counted);

  // Prints how many of the checks agree.
  void print_summary() const;

  bool all_agree() const { return disagreeing_ == 0; }

 private:
  bool json_;
  unsigned checks_ = 0;
  unsigned disagreeing_ = 0;
};

// Sends known frames through a veth pair in the caller's network namespace, which should be a new
// one, and counts them.
void test_packets(check_list& checks);

// Starts known processes and follows them.
void test_processes(check_list& checks);

// Waits until the kernel has let go of the programs, which takes it a moment after they were
// detached, and compares the number of those that are left with none.
void test_unloaded(check_list& checks, std::string_view name,
                   const std::vector<std::uint32_t>& program_ids);

}  // namespace kernel_watch
