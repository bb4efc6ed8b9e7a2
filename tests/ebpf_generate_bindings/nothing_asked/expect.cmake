set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: neither TYPES nor WHOLE is given."
                   "Write: ebpf_generate_bindings(kernel_types TYPES <type>...)")
