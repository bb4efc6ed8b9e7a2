set(build_fails TRUE)
set(expected_texts "prog.bpf.c.o': the object is big-endian, little-endian was asked for"
                   "Check COMPILE_OPTIONS for a --target.")
set(absent_files prog.bpf.o)
