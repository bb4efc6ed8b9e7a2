expect_nothing_to_do()
# A header that the source finds is the project's own.
if(EXISTS "${build_dir}/ebpf/own_header/own_header.bpf.c.o.bindings/vmlinux.h")
  message(FATAL_ERROR "A source that finds its own vmlinux.h got another one.")
endif()
