// Makes programs, maps, BTF and links only to see what the kernel answers.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>

#include "../system/bpf_instruction.hpp"
#include "../system/unique_fd.hpp"
#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

// The oldest kernel headers that the library compiles with (Linux 6.1) lack these numbers. The
// release that brought each one is beside it.
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

struct program_attempt {
  unsigned type = 0;
  unsigned attach_type = 0;
  unsigned flags = 0;
  unsigned attach_btf_id = 0;
  bool with_log = true;  // before Linux 6.4, a log that does not fit fails with ENOSPC
};

// The outcome of loading a program.
struct load_outcome {
  unique_fd program;
  // The verifier's words. If there are any, the kernel has the program type: bpf_prog_load() of
  // kernel/bpf/syscall.c calls find_prog_type() before bpf_check().
  char log[2048] = "";

  bool verified() const noexcept { return program || log[0] != '\0'; }
  bool says(const char* text) const noexcept;
};

load_outcome attempt_program_load(const program_attempt& program, const bpf_insn* instructions,
                                  std::size_t count);

// The attributes of a map that every kernel accepts if it has the map type.
struct map_attempt {
  unsigned key_size = 4;
  unsigned value_size = 4;
  unsigned max_entries = 1;
  unsigned flags = 0;
  bool with_btf = false;  // the map has a BTF, in which key and value are `int`
  bool with_inner_map = false;
  bool is_struct_ops = false;
};

map_attempt map_attempt_for(unsigned map_type);
unique_fd attempt_map(unsigned map_type, const map_attempt& map);

// Loads a BTF. `types` has 32-bit words; `strings` includes all its NULs.
unique_fd attempt_btf_load(const std::uint32_t* types, std::size_t type_bytes, const char* strings,
                           std::size_t string_bytes);

// Calls BPF_LINK_CREATE. `rest` holds the bytes of bpf_attr after link_create.flags. Returns the
// errno. Returns 0 when the kernel made the link, which is closed again at once.
int attempt_link(int program, int target, unsigned attach_type, const std::uint64_t* rest,
                 std::size_t rest_words);

// Calls bpf(2) itself, with a struct of 32-bit words. Returns the errno and closes what the kernel
// made.
int attempt_command(unsigned command, const std::uint32_t* words, std::size_t count);

// `present` after success; `absent` when the kernel's answer is one that it gives to things that it
// does not know.
probe_answer answer_of(int code) noexcept;
inline probe_answer answer_of(const unique_fd& made) noexcept {
  return answer_of(made.code());
}

}  // namespace ebpfkit::detail
