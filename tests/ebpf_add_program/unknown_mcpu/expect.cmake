set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: MCPU 'v9' is not known." "Use one of: v1, v2, v3, v4")
