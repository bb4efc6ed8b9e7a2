// The clsact qdisc of an interface, which holds the filters of both directions.
#pragma once

#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {

// Excludes other threads and processes that use this library in the same network namespace. Held
// while a qdisc is made and gets its filter, and while a qdisc is removed: otherwise one process
// could remove the qdisc that another one has just made. Other programs do not know this lock.
class [[nodiscard]] clsact_lock {
 public:
  // Waits at most one second, because any process in the namespace can take the lock.
  clsact_lock();
  ~clsact_lock();
  clsact_lock(const clsact_lock&) = delete;
  clsact_lock& operator=(const clsact_lock&) = delete;

  bool is_held() const noexcept { return is_held_; }

 private:
  unique_fd network_;
  bool is_held_ = false;
};

// Makes the qdisc and marks it as made by this library. Returns 0 or a negative errno: -EEXIST when
// the interface has one.
int make_clsact(int interface_index);

// Removes the qdisc if it has the mark and no filters. So it does not matter which link made it,
// and in which process.
void remove_own_empty_clsact(int interface_index);

}  // namespace ebpfkit::detail
