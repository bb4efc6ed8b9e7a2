set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: SOURCES is missing."
                   "Write: ebpf_add_program(<name> SOURCES <file>...")
