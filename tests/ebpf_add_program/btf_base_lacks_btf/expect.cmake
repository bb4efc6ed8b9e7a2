set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: BTF_BASE 'CMakeLists.txt' is given without BTF.")
