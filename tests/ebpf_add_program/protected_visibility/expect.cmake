set(build_fails TRUE)
set(expected_texts "Remove -fvisibility=protected from COMPILE_OPTIONS")
set(absent_files prog.bpf.o)
