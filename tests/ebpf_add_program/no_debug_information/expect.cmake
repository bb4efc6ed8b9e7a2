set(build_fails TRUE)
set(expected_texts "prog.bpf.c.o': the object has no BTF" "Check COMPILE_OPTIONS for -g0")
set(absent_files prog.bpf.o)
