set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: BINDINGS and BTF_BASE exclude each other."
                   "Give BTF_BASE to ebpf_generate_bindings(kernel_types ...).")
