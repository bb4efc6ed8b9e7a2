set(build_fails TRUE)
set(expected_texts "event_t" "prog.bpf.o")
set(absent_files ebpf/skeleton/include/prog.skel.h ebpf/skeleton/include/prog.skel.hpp)
