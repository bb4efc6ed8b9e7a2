set(build_fails TRUE)
set(expected_texts "'struct xdp_md' cannot be had by field: it is what the kernel hands to programs"
                   "'struct iphdr' cannot be had by field: it lies in packets" "TYPES")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
