// Macros of libbpf's headers for BPF programs.
#pragma once

#include <string_view>

namespace ebpfkit::host {

// Those that programs call like functions. A compiler takes a misspelt one for a function.
inline constexpr std::string_view libbpf_macros[] = {
    "BPF_CORE_READ",
    "BPF_CORE_READ_BITFIELD",
    "BPF_CORE_READ_BITFIELD_PROBED",
    "BPF_CORE_READ_INTO",
    "BPF_CORE_READ_STR_INTO",
    "BPF_CORE_READ_USER",
    "BPF_PROBE_READ",
    "BPF_PROBE_READ_INTO",
    "BPF_PROG",
    "BPF_KPROBE",
    "BPF_KRETPROBE",
    "BPF_KSYSCALL",
    "BPF_UPROBE",
    "BPF_URETPROBE",
    "BPF_USDT",
    "BPF_SEQ_PRINTF",
    "BPF_SNPRINTF",
    "bpf_printk",
    "bpf_core_enum_value",
    "bpf_core_field_exists",
    "bpf_core_field_size",
    "bpf_core_read",
    "bpf_core_type_exists",
    "bpf_core_type_size",
    "bpf_core_enum_value_exists",
    "bpf_htonl",
    "bpf_htons",
    "bpf_ntohl",
    "bpf_ntohs",
};

}  // namespace ebpfkit::host
