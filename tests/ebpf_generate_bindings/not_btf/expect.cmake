set(build_fails TRUE)
set(expected_texts "CMakeLists.txt': neither BTF nor a file that EbpfKit finds BTF in")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
