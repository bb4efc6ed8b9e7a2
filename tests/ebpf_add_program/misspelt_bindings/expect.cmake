set(configure_fails TRUE)
set(expected_texts "BINDINGS 'kernel_type' is not a target made by ebpf_generate_bindings."
                   "The nearest is 'kernel_types'.")
