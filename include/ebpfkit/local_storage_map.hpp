// Typed view of the storages that belong to an object of the kernel.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// The owner of a local storage: a descriptor that stands for a process, a cgroup, a file or a
// socket. It closes the descriptor, except that of a socket.
class storage_owner {
 public:
  // A process, by the id of its first thread (pidfd_open(2), Linux 5.3). The error is ESRCH when
  // there is none.
  static result<storage_owner> process(pid_t id);
  // A directory of cgroup v2, or a file for an inode storage, by its path. The descriptor is opened
  // with O_RDONLY, without waiting for a FIFO. Errors are those of open(2).
  static result<storage_owner> path(const std::string& path);
  // A socket that the application keeps open.
  static storage_owner socket(int descriptor) noexcept { return storage_owner(descriptor, false); }

  storage_owner(storage_owner&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), owns_(other.owns_) {}
  storage_owner& operator=(storage_owner&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(owns_, other.owns_);
    return *this;
  }
  storage_owner(const storage_owner&) = delete;
  storage_owner& operator=(const storage_owner&) = delete;
  ~storage_owner();

  int fd() const noexcept { return descriptor_; }

 private:
  storage_owner(int descriptor, bool owns) noexcept : descriptor_(descriptor), owns_(owns) {}

  int descriptor_ = -1;
  bool owns_ = false;
};

// A map of one of these types, which holds one value for each owner. The kernel keeps the value
// with the owner and frees both together.
//   BPF_MAP_TYPE_SK_STORAGE     a socket. Linux 5.2
//   BPF_MAP_TYPE_INODE_STORAGE  a file's inode. Linux 5.10
//   BPF_MAP_TYPE_TASK_STORAGE   a process, by the descriptor of pidfd_open(2). Linux 5.11
//   BPF_MAP_TYPE_CGRP_STORAGE   a directory of cgroup v2. Linux 6.2
// The application can reach the value of an owner that it can open. The kernel has no way to visit
// all values; a program can (an iterator).
//
// Errors: EBADF (for sockets ENOTSOCK) when the descriptor is not of the map's kind of owner;
// ENOENT when a process has ended.
template <class V>
class local_storage_map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<V>, "the kernel copies values as bytes");

 public:
  using key_type = int;
  using value_type = V;
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() {
    return {detail::view::local_storage, 0, sizeof(V)};
  }

  // The owner's value; empty when it has none.
  result<std::optional<V>> find(int owner) const {
    V value{};
    const auto found = find_bytes(&owner, sizeof(owner), &value, sizeof(V));
    if (!found)
      return found.error();
    return *found ? std::optional<V>(value) : std::nullopt;
  }
  result<std::optional<V>> find(const storage_owner& owner) const { return find(owner.fd()); }

  // Sets the owner's value. `flags`: BPF_ANY (0), BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK of
  // <linux/bpf.h>.
  result<void> update(int owner, const V& value, std::uint64_t flags = 0) {
    return update_bytes(&owner, sizeof(owner), &value, sizeof(V), flags);
  }
  result<void> update(const storage_owner& owner, const V& value, std::uint64_t flags = 0) {
    return update(owner.fd(), value, flags);
  }

  // Removes the owner's value. Returns false when it has none.
  result<bool> erase(int owner) { return erase_bytes(&owner, sizeof(owner)); }
  result<bool> erase(const storage_owner& owner) { return erase(owner.fd()); }
};

}  // namespace ebpfkit
