set(configure_arguments -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
                        "-DEbpfKit_DIR=${PREFIX}/lib/cmake/EbpfKit")
set(build_fails TRUE)
set(expected_texts "needy.bpf.c' includes vmlinux.h, and no BTF is given to make it from"
                   "ebpf_add_program(... BTF <file>), or -DEBPFKIT_BTF=<file>.")
set(absent_files ebpf/needy/needy.bpf.c.o needy.bpf.o)
