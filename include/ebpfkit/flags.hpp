// Names of flags of <linux/bpf.h>, which the headers of the build may lack.
#pragma once

#include <cstdint>

namespace ebpfkit {

// For program::set_flags(). Combine them with `|`.
namespace program_flag {

inline constexpr std::uint32_t strict_alignment = 1U << 0;       // BPF_F_STRICT_ALIGNMENT
inline constexpr std::uint32_t any_alignment = 1U << 1;          // BPF_F_ANY_ALIGNMENT, Linux 5.0
inline constexpr std::uint32_t sleepable = 1U << 4;              // BPF_F_SLEEPABLE, 5.10
inline constexpr std::uint32_t xdp_has_frags = 1U << 5;          // BPF_F_XDP_HAS_FRAGS, 5.18
inline constexpr std::uint32_t xdp_device_bound_only = 1U << 6;  // BPF_F_XDP_DEV_BOUND_ONLY, 6.3

}  // namespace program_flag

// For map_declaration::set_flags(). Combine them with `|`.
namespace map_flag {

inline constexpr std::uint32_t no_prealloc = 1U << 0;          // BPF_F_NO_PREALLOC
inline constexpr std::uint32_t no_common_lru = 1U << 1;        // BPF_F_NO_COMMON_LRU
inline constexpr std::uint32_t numa_node = 1U << 2;            // BPF_F_NUMA_NODE
inline constexpr std::uint32_t read_only = 1U << 3;            // BPF_F_RDONLY: for applications
inline constexpr std::uint32_t write_only = 1U << 4;           // BPF_F_WRONLY: for applications
inline constexpr std::uint32_t stack_build_id = 1U << 5;       // BPF_F_STACK_BUILD_ID
inline constexpr std::uint32_t zero_seed = 1U << 6;            // BPF_F_ZERO_SEED
inline constexpr std::uint32_t read_only_program = 1U << 7;    // BPF_F_RDONLY_PROG, Linux 5.2
inline constexpr std::uint32_t write_only_program = 1U << 8;   // BPF_F_WRONLY_PROG, 5.2
inline constexpr std::uint32_t clone = 1U << 9;                // BPF_F_CLONE, 5.4
inline constexpr std::uint32_t mmapable = 1U << 10;            // BPF_F_MMAPABLE, 5.5
inline constexpr std::uint32_t preserve_elements = 1U << 11;   // BPF_F_PRESERVE_ELEMS, 5.10
inline constexpr std::uint32_t inner_map = 1U << 12;           // BPF_F_INNER_MAP, 5.10
inline constexpr std::uint32_t link = 1U << 13;                // BPF_F_LINK, 6.4
inline constexpr std::uint32_t fault_is_signal = 1U << 17;     // BPF_F_SEGV_ON_FAULT, 6.9
inline constexpr std::uint32_t no_user_conversion = 1U << 18;  // BPF_F_NO_USER_CONV, 6.9
inline constexpr std::uint32_t overwrite_records = 1U << 19;   // BPF_F_RB_OVERWRITE, 6.19

}  // namespace map_flag

// For update() of maps. Combine `lock` with one of the others.
namespace update_flag {

inline constexpr std::uint64_t any = 0;         // BPF_ANY: make the entry, or change its value
inline constexpr std::uint64_t no_exist = 1;    // BPF_NOEXIST: make it; EEXIST when it is there
inline constexpr std::uint64_t must_exist = 2;  // BPF_EXIST: change it; ENOENT when it is not there
inline constexpr std::uint64_t lock = 4;        // BPF_F_LOCK: under the value's bpf_spin_lock, 5.1

}  // namespace update_flag

}  // namespace ebpfkit
