set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: SOURCES 'absent.bpf.c': there is no such file."
                   "a relative path starts at")
