# Newer compilers refuse the call. Older ones only warn, and the linker finds no prototype.
set(build_fails TRUE)
set(expected_texts "'bpf_get_curent_task'" "bpf_get_current_task")
