set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: MCPU is given twice.")
