set(configure_fails TRUE)
set(expected_texts "ebpf_add_skeleton: neither C nor CXX is enabled.")
