set(configure_fails TRUE)
set(expected_texts "EBPF_COMPILER_LAUNCHER has another name now." "Set EBPFKIT_COMPILER_LAUNCHER.")
