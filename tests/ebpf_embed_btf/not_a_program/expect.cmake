set(configure_fails TRUE)
set(expected_texts "ebpf_embed_btf: PROGRAMS 'prog' is not a target made by ebpf_add_program."
                   "Call ebpf_add_program(prog ...) before this command.")
