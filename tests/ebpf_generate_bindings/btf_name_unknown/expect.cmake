set(build_fails TRUE)
set(expected_texts "'ubuntu/22.04/arm64/6.8.0' is no file, and there is no" "in the BTF cache '"
                   "Nearest are: 'ubuntu/22.04/arm64/5.15.0-25-generic'")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
