set(build_fails TRUE)
set(expected_texts "error: use of undeclared identifier 'undeclared_thing'"
                   "return undeclared_thing;")
set(absent_files prog.bpf.o ebpf/prog/prog.bpf.c.o)
