set(configure_fails TRUE)
set(expected_texts "ebpf_add_skeleton: C_NAME 'my-name' is not a C identifier."
                   "Use letters, digits and _.")
