set(build_fails TRUE)
set(expected_texts "no type 'tcp_inf' in linux/tcp.h; nearest: tcp_info"
                   "name the header that defines them in HEADERS")
set(absent_files ebpf/kernel_types/include/vmlinux.h ebpf/kernel_types/headers.bpf.o)
