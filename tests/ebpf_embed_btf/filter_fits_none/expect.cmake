set(build_fails TRUE)
set(expected_texts "FILTER 'ubuntu/*' fits no kernel" "for example 'ubuntu/20.04/*' or '*/5.4.*'.")
set(absent_files "ebpf/kernels/kernels.btf-bundle")
