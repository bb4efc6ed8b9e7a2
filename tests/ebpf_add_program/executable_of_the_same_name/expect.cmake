set(configure_fails TRUE)
set(expected_texts
    "ebpf_add_program: there is a target 'packets' already."
    "The program and the executable need different names: ebpf_add_program(packets_bpf ... OUTPUT_NAME packets)."
)
