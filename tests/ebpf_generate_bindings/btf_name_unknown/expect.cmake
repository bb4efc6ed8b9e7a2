set(configure_fails TRUE)
set(expected_texts "BTF 'ubuntu/22.04/arm64/6.8.0' is not in '" "(EBPFKIT_BTF_DIR)"
                   "Nearest are: ubuntu/22.04/arm64/5.15.0-25-generic.")
