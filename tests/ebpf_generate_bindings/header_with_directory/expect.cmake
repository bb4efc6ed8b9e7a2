set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: HEADER 'a/b.h' is not a plain file name.")
