# The header has every type, even one that nothing here uses or refers to.
file(STRINGS "${build_dir}/ebpf/kernel_types/include/vmlinux.h" types
     REGEX "^struct (task_struct|xdp_md|bpf_sk_lookup|inode) {")
list(LENGTH types count)
if(NOT count EQUAL 4)
  message(FATAL_ERROR "The whole header has of four types only: ${types}")
endif()
run(bpftool btf dump file "${build_dir}/prog.bpf.o")
expect_output("FUNC 'on_exec'")
expect_output("FUNC 'on_packet'")
expect_nothing_to_do()
