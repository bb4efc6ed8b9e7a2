// The BPF programs, maps and links that the running kernel has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

struct loaded_program {
  std::uint32_t id = 0;
  // The whole name when the program has BTF. The kernel itself keeps 15 characters.
  std::string name;
  std::string tag;   // 16 hexadecimal digits: a digest of the instructions
  std::string type;  // "xdp", "sched_cls", ... as libbpf and bpftool write it
  std::uint32_t xlated_bytes = 0;
  std::uint32_t jited_bytes = 0;  // 0: not compiled, or not allowed to see it
  std::uint64_t run_count = 0;    // while statistics are enabled
  std::uint64_t run_time_ns = 0;
  std::uint64_t recursion_misses = 0;
  std::uint32_t verified_instructions = 0;  // since Linux 5.16
  std::uint32_t btf_id = 0;                 // 0: no BTF
  std::uint32_t interface_index = 0;        // of a program that is offloaded
  std::uint32_t user_id = 0;
  std::uint64_t loaded_ns = 0;  // since boot
  std::vector<std::uint32_t> map_ids;
};

struct loaded_map {
  std::uint32_t id = 0;
  std::string name;  // at most 15 characters
  std::uint32_t type_number = 0;
  std::string type;  // "hash", "percpu_array", ...
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t max_entries = 0;
  std::uint32_t flags = 0;
  std::uint32_t btf_id = 0;  // 0: no BTF
  std::uint32_t key_type = 0;
  std::uint32_t value_type = 0;
  bool is_frozen = false;
  std::uint64_t memory_bytes = 0;  // what the kernel charges ("memlock" of fdinfo)
};

struct loaded_link {
  std::uint32_t id = 0;
  std::string type;  // "tracing", "xdp", ...
  std::uint32_t program_id = 0;
  // Where it is attached: "lo", "cgroup 1234", "tracepoint sched_process_exec". Empty when the
  // kernel does not tell.
  std::string target;
  std::uint32_t interface_index = 0;  // xdp, tcx and netkit
  // The program a function of which the link's program replaces (freplace); 0: none, or the kernel
  // does not tell it (before Linux 5.13).
  std::uint32_t target_program_id = 0;
  // The function, by its id in the BTF of that program.
  std::uint32_t target_type_id = 0;
};

// All objects of a kind, by ascending id. Objects that vanish meanwhile are left out. Throws
// `failure` when the kernel refuses to list them.
std::vector<loaded_program> loaded_programs();
std::vector<loaded_map> loaded_maps();
std::vector<loaded_link> loaded_links();

// Opens an object. Throws `failure` when there is no such object.
file_descriptor open_program(std::uint32_t id);
file_descriptor open_map(std::uint32_t id);
file_descriptor open_link(std::uint32_t id);

// Reads what the kernel knows of one object. Returns no value when the kernel refuses.
std::optional<loaded_program> read_program(int fd);
std::optional<loaded_map> read_map(int fd);
std::optional<loaded_link> read_link(int fd);

// Returns the raw BTF with this id. Throws `failure`.
std::vector<std::uint8_t> read_kernel_btf(std::uint32_t btf_id);

}  // namespace ebpfkit::host
