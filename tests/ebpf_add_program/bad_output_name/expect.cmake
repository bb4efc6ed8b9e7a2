set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: OUTPUT_NAME 'two-words' is not a C identifier.")
