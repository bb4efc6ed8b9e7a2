set(configure_fails TRUE)
set(expected_texts "ebpf_add_skeleton: NAMESPACE 'my-space' is not a C++ namespace.")
