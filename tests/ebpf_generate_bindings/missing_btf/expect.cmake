set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: BTF '" "absent.btf': there is no such file.")
