set(configure_fails TRUE)
set(expected_texts
    "ebpf_add_skeleton: PROGRAM 'packet' is not a target made by ebpf_add_program. The nearest is 'packets'."
)
