set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: BTF is empty." "Give it a value, or leave it out.")
