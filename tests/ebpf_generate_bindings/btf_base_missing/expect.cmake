set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: BTF_BASE" "nothing.btf': there is no such file.")
