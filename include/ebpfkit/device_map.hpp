// Typed views of the maps that XDP programs redirect frames with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

namespace detail {

// What device_map and cpu_map share: values that are a number, or a number and a program.
class redirect_map : public untyped_map {
 public:
  using untyped_map::untyped_map;

 protected:
  struct entry {
    std::uint32_t number = 0;
    std::uint32_t program_id = 0;
  };
  // `with` may be null.
  result<void> set_entry(std::uint32_t key, std::uint32_t number, const program* with);
  result<std::optional<entry>> find_entry(std::uint32_t key) const;
};

}  // namespace detail

// An entry of a device_map.
struct device_entry {
  std::uint32_t interface_index = 0;
  std::uint32_t program_id = 0;  // the XDP program that runs on the way out; 0: none
};

// A map of type BPF_MAP_TYPE_DEVMAP (the key is an index) or BPF_MAP_TYPE_DEVMAP_HASH (any number;
// Linux 5.4): the interfaces that bpf_redirect_map() sends frames to. Linux 4.14. An entry goes
// when its interface goes.
class device_map : public detail::redirect_map {
 public:
  using detail::redirect_map::redirect_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::device, 0, 0}; }

  // Makes `key` stand for an interface of the calling thread's network namespace. Errors: ENODEV
  // when there is no such interface, E2BIG when the map has no room or no such index.
  result<void> set(std::uint32_t key, const network_interface& interface);

  // The same with a SEC("xdp/devmap") program, which the kernel runs on each frame that it sends
  // there. The map's values must have 8 bytes (struct bpf_devmap_val). Linux 5.8. The error is
  // EINVAL when the program is of another kind.
  result<void> set(std::uint32_t key, const network_interface& interface, const program& on_egress);

  // The entry of `key`; empty when there is none.
  result<std::optional<device_entry>> find(std::uint32_t key) const;

  // Removes the entry of `key`. Returns false when there is none.
  result<bool> erase(std::uint32_t key);

 private:
  result<void> set_interface(std::uint32_t key, const network_interface& interface,
                             const program* with);
};

// An entry of a cpu_map.
struct cpu_entry {
  std::uint32_t queue_size = 0;  // frames
  std::uint32_t program_id = 0;  // the XDP program that runs on that CPU; 0: none
};

// A map of type BPF_MAP_TYPE_CPUMAP: the CPUs that bpf_redirect_map() hands frames to. The key is
// the CPU's number. Linux 4.15.
class cpu_map : public detail::redirect_map {
 public:
  using detail::redirect_map::redirect_map;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::cpu, 0, 0}; }

  // Starts the kernel thread that takes frames on this CPU, with a queue of so many frames (1 to
  // 16384). Errors: E2BIG when the map has no such CPU, ENODEV when the machine has none, EOVERFLOW
  // when the queue is too long.
  result<void> set(std::uint32_t cpu, std::uint32_t queue_size);

  // The same with a SEC("xdp/cpumap") program, which runs on that CPU for each frame. The map's
  // values must have 8 bytes (struct bpf_cpumap_val). Linux 5.9. The error is EINVAL when the
  // program is of another kind.
  result<void> set(std::uint32_t cpu, std::uint32_t queue_size, const program& on_cpu);

  // The entry of the CPU; empty when there is none.
  result<std::optional<cpu_entry>> find(std::uint32_t cpu) const;

  // Removes the CPU and ends its thread. Frames in its queue are handed over first. Returns false
  // when it has no entry.
  result<bool> erase(std::uint32_t cpu);
};

}  // namespace ebpfkit
