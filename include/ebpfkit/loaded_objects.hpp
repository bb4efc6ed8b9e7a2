// Programs, maps, links and BTF objects that are in the kernel, whoever made them.
//
//   for (const auto& each : ebpfkit::loaded_programs().value())
//     std::printf("%u %s\n", each.id, each.name.c_str());
//
// Looking at what others loaded takes CAP_SYS_ADMIN (EPERM). What a kernel does not tell is 0 or
// empty; the comments name the release that tells it. Numbers are those of <linux/bpf.h>. For a
// handle of what has an id, use pinned_program::open_id(), pinned_map::open_id(), link::open_id().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ebpfkit/link_info.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

// What the kernel knows about a program (struct bpf_prog_info).
struct program_info {
  std::uint32_t id = 0;
  std::uint32_t type = 0;          // enum bpf_prog_type
  std::string name;                // at most 15 characters; Linux 4.15
  std::string tag;                 // a digest of its instructions, 16 hexadecimal digits
  std::uint64_t loaded = 0;        // nanoseconds from the start of the system to the load; 4.15
  std::uint32_t uid = 0;           // of the user that loaded it; 4.15
  bool is_gpl_compatible = false;  // 4.18
  std::uint32_t jited_size = 0;    // bytes of machine code; 0: the kernel interprets it
  std::uint32_t xlated_size = 0;   // bytes of BPF code, as the verifier left it
  std::uint32_t btf_id = 0;        // 5.0
  std::uint32_t verified_instructions = 0;  // how many the verifier looked at; 5.16
  std::vector<std::uint32_t> map_ids;       // 4.15

  // Counted while run_time_statistics are on. 5.1.
  std::uint64_t run_time = 0;  // nanoseconds of all runs
  std::uint64_t run_count = 0;
  std::uint64_t recursion_misses =
      0;  // runs that the kernel left out; also without statistics; 5.12

  // Errors: EINVAL when the descriptor is of something else, ENOENT when there is no such program
  // or pin, EPERM.
  static result<program_info> of_fd(int program_fd);
  static result<program_info> of_id(std::uint32_t id);
  static result<program_info> of_pin(const std::string& path);
};

// What the kernel knows about a map (struct bpf_map_info).
struct map_info {
  std::uint32_t id = 0;
  std::uint32_t type = 0;        // enum bpf_map_type
  std::string name;              // at most 15 characters; Linux 4.15
  std::uint32_t key_size = 0;    // bytes
  std::uint32_t value_size = 0;  // bytes
  std::uint32_t max_entries = 0;
  std::uint32_t flags = 0;          // BPF_F_*
  std::uint64_t extra = 0;          // 5.16
  std::uint32_t btf_id = 0;         // 4.18
  std::uint32_t key_type_id = 0;    // in that BTF; 0: unknown
  std::uint32_t value_type_id = 0;  // in that BTF; 0: unknown

  // The same errors as those of program_info.
  static result<map_info> of_fd(int map_fd);
  static result<map_info> of_id(std::uint32_t id);
  static result<map_info> of_pin(const std::string& path);
};

// What the kernel knows about a BTF object (struct bpf_btf_info).
struct btf_info {
  std::uint32_t id = 0;
  std::uint32_t size = 0;     // bytes
  std::string name;           // "vmlinux", or that of a kernel module; empty: of a program; 5.11
  bool is_of_kernel = false;  // of the kernel or a module; 5.11

  // The same errors as those of program_info. A BTF object cannot be pinned.
  static result<btf_info> of_fd(int btf_fd);
  static result<btf_info> of_id(std::uint32_t id);
};

// All that are in the kernel at this moment, by ascending id. Those that go during the call are
// left out. Linux 4.13; links 5.8, BTF objects 5.4. The error is EPERM without CAP_SYS_ADMIN.
result<std::vector<program_info>> loaded_programs();
result<std::vector<map_info>> loaded_maps();
result<std::vector<link_info>> loaded_links();
result<std::vector<btf_info>> loaded_btf_objects();

// Those of one name, or of one tag. Of a longer name, the kernel has the first 15 characters, and
// only they are compared.
result<std::vector<program_info>> loaded_programs_named(const std::string& name);
result<std::vector<program_info>> loaded_programs_tagged(const std::string& tag);
result<std::vector<map_info>> loaded_maps_named(const std::string& name);

// The kernel counts runs and their time for all programs as long as one such object lives, in any
// process. Each run then takes some tens of nanoseconds longer. Linux 5.8 (before: the sysctl
// kernel.bpf_stats_enabled). Move-only.
class [[nodiscard]] run_time_statistics {
 public:
  // Errors: EPERM without CAP_SYS_ADMIN, EINVAL on older kernels.
  static result<run_time_statistics> enable();

  run_time_statistics(run_time_statistics&& other) noexcept;
  run_time_statistics& operator=(run_time_statistics&& other) noexcept;
  ~run_time_statistics();
  run_time_statistics(const run_time_statistics&) = delete;
  run_time_statistics& operator=(const run_time_statistics&) = delete;

  int fd() const noexcept { return fd_; }

 private:
  explicit run_time_statistics(int owned) noexcept : fd_(owned) {}

  int fd_;
};

}  // namespace ebpfkit
