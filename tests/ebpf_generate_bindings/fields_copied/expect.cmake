set(build_fails TRUE)
# clang 14 says 'stack limit of 512 bytes is exceeded', clang 19 'the BPF stack limit is exceeded'.
set(expected_texts "stack limit" "is exceeded")
set(absent_files prog.bpf.o)
