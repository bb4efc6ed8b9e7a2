set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: there is a target 'prog' already.")
