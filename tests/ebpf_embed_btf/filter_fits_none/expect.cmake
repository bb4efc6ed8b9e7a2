set(build_fails TRUE)
set(expected_texts "FILTER 'ubuntu/*' fits no kernel" "Examples: 'ubuntu/20.04/*', '*/5.4.*'.")
set(absent_files "ebpf/kernels/kernels.btf-bundle")
