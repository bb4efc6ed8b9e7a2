set(configure_fails TRUE)
set(expected_texts "more.bpf.c' to the program 'prog', which would not be compiled for BPF."
                   "Name all sources in ebpf_add_program(prog SOURCES ...).")
