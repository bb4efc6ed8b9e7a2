set(configure_arguments -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
                        "-DEbpfKit_DIR=${PREFIX}/lib/cmake/EbpfKit")
set(configure_fails TRUE)
set(expected_texts
    "ebpf_embed_btf: BTFS '/sys/kernel/btf/vmlinux' is of the kernel that runs on this machine"
    "this build is for another system (Linux aarch64)" "name a copy of '/sys/kernel/btf/vmlinux'")
