expect_nothing_to_do()

# A header that one source includes rebuilds that source.
touch("${source_dir}/only_first.h")
build()
expect_success("building")
expect_output("Compiling BPF first.bpf.c")
expect_no_output("Compiling BPF second.bpf.c")
expect_nothing_to_do()

touch("${source_dir}/shared.h")
build()
expect_output("Compiling BPF first.bpf.c")
expect_output("Compiling BPF second.bpf.c")
expect_nothing_to_do()

touch("${source_dir}/nobody.h")
expect_nothing_to_do()

# A missing output comes back, the same.
set(object "${build_dir}/prog.bpf.o")
file(COPY_FILE "${object}" "${WORK_DIR}/before.o")
file(REMOVE "${object}")
build()
expect_success("building")
expect_no_output("Compiling BPF")
expect_same_files("${object}" "${WORK_DIR}/before.o")

# The target by its name builds the object.
file(REMOVE "${object}")
build(--target prog)
expect_same_files("${object}" "${WORK_DIR}/before.o")
