// Checks of the self-test. Each compares a known figure with the counted one.
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

// Sends known frames through a veth pair in the caller's network namespace, and counts them. The
// namespace should be a new one.
void test_packets(check_list& checks);

// Starts known processes and follows them.
void test_processes(check_list& checks);

// Waits until the kernel has freed the programs, a moment after they were detached. Checks that
// none is left.
void test_unloaded(check_list& checks, std::string_view name,
                   const std::vector<std::uint32_t>& program_ids);

}  // namespace kernel_watch
