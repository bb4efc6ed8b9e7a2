expect_nothing_to_do()

# A changed header rebuilds the one source that includes it. The object stays the same, so Ninja must see no
# new file: otherwise it would run every step that depends on the object.
set(object "${build_dir}/prog.bpf.o")
file(TIMESTAMP "${object}" time_before "%s%f")
touch("${source_dir}/only_first.h")
build()
expect_success("building")
expect_output("Compiling BPF first.bpf.c")
expect_no_output("Compiling BPF second.bpf.c")
file(TIMESTAMP "${object}" time_after "%s%f")
if(GENERATOR MATCHES "Ninja" AND NOT time_before STREQUAL time_after)
  message(FATAL_ERROR "The identical '${object}' was written again.")
endif()
expect_nothing_to_do()

touch("${source_dir}/shared.h")
build()
expect_output("Compiling BPF first.bpf.c")
expect_output("Compiling BPF second.bpf.c")
expect_nothing_to_do()

touch("${source_dir}/nobody.h")
expect_nothing_to_do()

# The build makes a missing output again, with the same bytes.
file(COPY_FILE "${object}" "${WORK_DIR}/before.o")
file(REMOVE "${object}")
build()
expect_success("building")
expect_no_output("Compiling BPF")
expect_same_files("${object}" "${WORK_DIR}/before.o")

# Building the target by its name makes the object.
file(REMOVE "${object}")
build(--target prog)
expect_same_files("${object}" "${WORK_DIR}/before.o")
