set(build_fails TRUE)
set(expected_texts "stack limit of 512 bytes is exceeded")
set(absent_files prog.bpf.o)
