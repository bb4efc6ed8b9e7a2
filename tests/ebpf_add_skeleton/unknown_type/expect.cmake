set(build_fails TRUE)
set(expected_texts "prog.bpf.o': the object's BTF lacks types that were asked for:"
                   "no type 'event_t'" "add to the BPF source: const struct NAME *NAME_in_btf")
set(absent_files ebpf/skeleton/include/prog.skel.h ebpf/skeleton/include/prog.skel.hpp)
