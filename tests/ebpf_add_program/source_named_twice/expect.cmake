set(configure_fails TRUE)
set(expected_texts "SOURCES names './prog.bpf.c' twice.")
