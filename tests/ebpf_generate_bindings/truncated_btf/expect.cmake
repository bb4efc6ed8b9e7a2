set(build_fails TRUE)
set(expected_texts "truncated.btf': the BTF type section goes beyond the end")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
