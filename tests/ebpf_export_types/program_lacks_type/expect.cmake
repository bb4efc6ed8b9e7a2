set(build_fails TRUE)
set(expected_texts "no type 'evnt' in '" "nearest: event" "NAME_in_btf")
set(absent_files ebpf/shared_types/include/shared_types.hpp)
