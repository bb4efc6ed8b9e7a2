expect_nothing_to_do()

# The name gets another file. The build makes again everything that it made from the old one.
set(file "${WORK_DIR}/cache/ebpfkit/btf/debian/13/x86_64/6.12.0.btf")
file(WRITE "${WORK_DIR}/types.c"
     "struct task { int pid; }; struct task *t; struct later { long a; }; struct later *l;")
execute_process(COMMAND "${CMAKE_COMMAND}" -E sleep 1.1)
run(clang --target=bpf -g -c "${WORK_DIR}/types.c" -o "${file}")
build()
expect_success("building with another BTF")
foreach(text "several/vmlinux.h" "host/host.hpp" "Compiling BPF other.bpf.c")
  expect_output("${text}")
endforeach()
expect_no_output("by_default/vmlinux.h")
expect_no_output("Compiling BPF prog.bpf.c")
file(READ "${build_dir}/ebpf/several/include/vmlinux.h" text)
if(NOT text MATCHES "long( int)? a;")
  message(FATAL_ERROR "The header is that of the old file:\n${text}")
endif()
expect_nothing_to_do()

# When the file is gone, the error gives its name and the names that exist.
file(REMOVE "${file}")
build()
set(expected_texts "'debian/13/amd64/6.12.0' is no file, and there is no"
                   "'debian/12/x86_64/6.1.0'")
expect_failure("building without the file")
