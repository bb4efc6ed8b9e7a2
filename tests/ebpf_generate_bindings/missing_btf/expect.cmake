set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: BTF '"
                   "absent.btf': there is no such file. The nearest name there is 'absent-1.btf'.")
