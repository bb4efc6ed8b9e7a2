set(configure_fails TRUE)
set(expected_texts
    "ebpf_add_program: BINDINGS 'kernel_types' is not a target made by ebpf_generate_bindings.")
