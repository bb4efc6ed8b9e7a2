set(configure_fails TRUE)
set(expected_texts "ebpf_export_types: BTF_BASE and PROGRAM exclude each other."
                   "write BTF <file> BTF_BASE <file>.")
