set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: unknown argument 'EVERYTHING'.")
