set(configure_fails TRUE)
set(expected_texts "ebpf_add_skeleton: PROGRAM is missing.")
