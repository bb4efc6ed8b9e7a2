set(configure_fails TRUE)
set(expected_texts
    "target_link_libraries(application): 'prog' is a BPF program of ebpf_add_program, which applications cannot link."
    "Link its skeleton: target_link_libraries(application PRIVATE prog_bytes).")
