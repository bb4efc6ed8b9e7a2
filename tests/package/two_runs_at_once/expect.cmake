set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: another run of cmake configures '" "Wait until it has ended")
