// Who keeps BPF objects alive: processes that have them open, and files in bpffs that pin them.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ebpfkit::host {

enum class bpf_kind : std::uint8_t { program, map, link };

// "program", "map" or "link".
const char* kind_word(bpf_kind kind);

struct bpf_identity {
  bpf_kind kind = bpf_kind::program;
  std::uint32_t id = 0;

  auto operator<=>(const bpf_identity&) const = default;
};

struct owning_process {
  int id = 0;
  std::string command;  // "kernel-watch"; a stranger may have chosen it
};

// A file of bpffs.
struct pinned_object {
  std::filesystem::path path;
  bpf_identity object;
};

class object_owners {
 public:
  // Reads /proc and all mounted bpffs. What this process may not read is left out: see
  // `is_complete`.
  object_owners();

  std::vector<owning_process> processes(bpf_identity object) const;
  std::vector<std::filesystem::path> pins(bpf_identity object) const;
  const std::vector<pinned_object>& all_pins() const { return pinned_; }
  // False when a process or directory could not be read.
  bool is_complete() const { return is_complete_; }

 private:
  void read_processes();
  void read_pins();

  std::multimap<bpf_identity, owning_process> processes_;
  std::vector<pinned_object> pinned_;
  bool is_complete_ = true;
};

// What an open descriptor of this process is: a program, a map or a link. No value for others.
std::optional<bpf_identity> identity_of(int fd);

// The directories where bpffs is mounted, in the order of the mounts.
std::vector<std::filesystem::path> bpffs_directories();

}  // namespace ebpfkit::host
