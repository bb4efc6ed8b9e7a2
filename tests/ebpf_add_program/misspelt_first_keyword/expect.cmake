set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: unknown argument 'SORCES'. The nearest keyword is SOURCES."
                   "Write: ebpf_add_program(<name> SOURCES <file>...")
