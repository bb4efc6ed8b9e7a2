set(build_fails TRUE)
set(expected_texts "truncated.btf")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
