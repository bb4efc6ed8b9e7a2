#pragma once

#include <gtest/gtest.h>
#include <sched.h>

namespace ebpfkit::test {

// Keeps the calling thread, and threads that it makes, on one CPU until destruction, so that what
// they do has one order.
class pinned_to_one_cpu {
 public:
  pinned_to_one_cpu() {
    sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    CPU_SET(sched_getcpu(), &wanted);
    EXPECT_EQ(sched_setaffinity(0, sizeof(wanted), &wanted), 0);
  }
  ~pinned_to_one_cpu() { sched_setaffinity(0, sizeof(before_), &before_); }
  pinned_to_one_cpu(const pinned_to_one_cpu&) = delete;
  pinned_to_one_cpu& operator=(const pinned_to_one_cpu&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace ebpfkit::test
