set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: BTF_BASE 'CMakeLists.txt' is given without BTF."
                   "Name the module's BTF too: BTF <file>")
