set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: unknown argument 'OPTIMISE'."
                   "Write: ebpf_add_program(<name> SOURCES <file>...")
