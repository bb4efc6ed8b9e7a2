// Programs, maps, BTF and links that are made only to see what the kernel says.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>

#include "../system/unique_fd.hpp"
#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

// Newer than the oldest kernel headers that the library compiles with (those of Linux 6.1), with
// the release that brought them.
constexpr unsigned attach_netfilter = 45;        // BPF_NETFILTER, 6.4
constexpr unsigned attach_tcx_ingress = 46;      // BPF_TCX_INGRESS, 6.6
constexpr unsigned attach_tcx_egress = 47;       // BPF_TCX_EGRESS, 6.6
constexpr unsigned attach_uprobe_multi = 48;     // BPF_TRACE_UPROBE_MULTI, 6.6
constexpr unsigned attach_netkit_primary = 54;   // BPF_NETKIT_PRIMARY, 6.7
constexpr unsigned attach_netkit_peer = 55;      // BPF_NETKIT_PEER, 6.7
constexpr unsigned attach_kprobe_session = 56;   // BPF_TRACE_KPROBE_SESSION, 6.10
constexpr unsigned attach_uprobe_session = 57;   // BPF_TRACE_UPROBE_SESSION, 6.13
constexpr unsigned program_type_netfilter = 32;  // BPF_PROG_TYPE_NETFILTER, 6.4
constexpr unsigned map_type_cgrp_storage = 32;   // BPF_MAP_TYPE_CGRP_STORAGE, 6.2
constexpr unsigned map_type_arena = 33;          // BPF_MAP_TYPE_ARENA, 6.9
constexpr unsigned last_program_type = program_type_netfilter;
constexpr unsigned last_map_type = map_type_arena;

struct probe_answer {
  support state = support::unknown;
  int code = 0;
};

// One BPF instruction; the fields of struct bpf_insn.
bpf_insn instruction(unsigned code, unsigned destination, unsigned source, int offset,
                     int immediate);

struct program_attempt {
  unsigned type = 0;
  unsigned attach_type = 0;
  unsigned flags = 0;
  unsigned attach_btf_id = 0;
  bool with_log = true;  // a log that does not fit is ENOSPC before Linux 6.4
};

// What came of loading a program.
struct load_outcome {
  unique_fd program;
  // The verifier's words. It speaks only about programs whose type the kernel has: find_prog_type()
  // comes before bpf_check() in bpf_prog_load() of kernel/bpf/syscall.c.
  char log[2048] = "";

  bool verified() const noexcept { return program || log[0] != '\0'; }
  bool says(const char* text) const noexcept;
};

load_outcome attempt_program_load(const program_attempt& program, const bpf_insn* instructions,
                                  std::size_t count);

// How a map of the type is made that every kernel with the type accepts.
struct map_attempt {
  unsigned key_size = 4;
  unsigned value_size = 4;
  unsigned max_entries = 1;
  unsigned flags = 0;
  bool with_btf = false;  // key and value are `int` of a BTF
  bool with_inner_map = false;
  bool is_struct_ops = false;
};

map_attempt map_attempt_for(unsigned map_type);
unique_fd attempt_map(unsigned map_type, const map_attempt& map);

// `types` in 32-bit words, `strings` with all its NULs.
unique_fd attempt_btf_load(const std::uint32_t* types, std::size_t type_bytes, const char* strings,
                           std::size_t string_bytes);

// BPF_LINK_CREATE; `rest` are the bytes of bpf_attr behind link_create.flags. Gives the errno, 0
// when the link came about (and is gone again).
int attempt_link(int program, int target, unsigned attach_type, const std::uint64_t* rest,
                 std::size_t rest_words);

// bpf(2) itself, with a struct of 32-bit words; gives the errno, closes what it made.
int attempt_command(unsigned command, const std::uint32_t* words, std::size_t count);

// Success is present; what the kernel says to things that it does not know is absent.
probe_answer answer_of(int code) noexcept;
inline probe_answer answer_of(const unique_fd& made) noexcept {
  return answer_of(made.code());
}

}  // namespace ebpfkit::detail
