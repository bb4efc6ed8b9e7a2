set(configure_fails TRUE)
set(expected_texts "SOURCES 'packet.bpf.c': there is no such file."
                   "The nearest name there is 'packets.bpf.c'.")
