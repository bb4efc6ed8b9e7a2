set(configure_fails TRUE)
set(expected_texts "ebpf_generate_bindings: LANGUAGE belongs to ebpf_export_types"
                   "Write: ebpf_export_types(types TYPES <type>... LANGUAGE CXX|RUST ...)")
