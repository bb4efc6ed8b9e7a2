set(build_fails TRUE)
set(expected_texts "CMakeLists.txt': EbpfKit does not find BTF in a file of this type")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
