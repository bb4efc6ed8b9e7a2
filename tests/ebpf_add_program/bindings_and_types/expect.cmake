set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: BINDINGS and TYPES exclude each other."
                   "Give TYPES to ebpf_generate_bindings(kernel_types ...).")
