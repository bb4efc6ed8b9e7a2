set(build_fails TRUE)
set(expected_texts "'class' cannot name a skeleton" "C_NAME of ebpf_add_skeleton()")
set(absent_files ebpf/skeleton/include/class.skel.h)
