set(build_fails TRUE)
set(expected_texts "FAILED: prog.bpf.o")
set(absent_files prog.bpf.ob)
