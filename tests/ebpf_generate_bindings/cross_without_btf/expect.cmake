set(configure_arguments -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
                        "-DEbpfKit_DIR=${PREFIX}/lib/cmake/EbpfKit")
set(configure_fails TRUE)
set(expected_texts
    "ebpf_generate_bindings: no BTF is given, and this build is for another system (Linux aarch64)"
    "-DEBPFKIT_BTF=<file>")
