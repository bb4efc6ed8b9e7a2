set(configure_fails TRUE)
set(expected_texts "'other' would make a_b.bpf.o, which 'a-b' makes in this directory already."
                   "Give one of them another OUTPUT_NAME.")
