set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: BTF and HEADERS exclude each other."
                   "Types come from one place.")
