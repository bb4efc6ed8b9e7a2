set(build_fails TRUE)
set(expected_texts "CMakeLists.txt': not BTF")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
