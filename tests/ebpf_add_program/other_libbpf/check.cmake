expect_nothing_to_do()
file(STRINGS "${build_dir}/ebpfkit/libbpf-headers.txt" headers)
file(COPY "${headers}/bpf" DESTINATION "${WORK_DIR}/other")
configure("-DEBPFKIT_LIBBPF_INCLUDE_DIR=${WORK_DIR}/other")
expect_success("configuring with other headers")
build()
expect_output("Compiling BPF prog.bpf.c")
expect_nothing_to_do()

configure("-DEBPFKIT_LIBBPF_LIBRARY=/no/such/libbpf.so")
set(expected_texts "ebpf_add_program: libbpf was not found for the target system."
                   "EBPFKIT_LIBBPF_LIBRARY '/no/such/libbpf.so' is not there")
expect_failure("configuring with a library that is not there")
