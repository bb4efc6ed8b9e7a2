set(configure_fails TRUE)
set(expected_texts
    "ebpf_embed_btf: NON_PORTABLE: the types of PROGRAMS 'prog' do not come from one BTF."
    "ebpf_add_program(prog ... BTF <file>)")
