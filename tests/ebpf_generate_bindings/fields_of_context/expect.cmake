set(build_fails TRUE)
set(expected_texts "FIELDS cannot take members of 'struct xdp_md': the kernel passes it to programs"
                   "FIELDS cannot take members of 'struct iphdr': it is part of packets" "TYPES")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
