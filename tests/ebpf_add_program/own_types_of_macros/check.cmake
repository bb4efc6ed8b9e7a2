expect_nothing_to_do()
set(header "${build_dir}/ebpf/prog/prog.bpf.c.o.bindings/vmlinux.h")
file(STRINGS "${header}" kernel_types REGEX "^struct (path|sk_buff) {")
if(kernel_types)
  message(FATAL_ERROR "The header defines what the source defines: ${kernel_types}")
endif()
build(--target prog)
expect_success("linking")
run("${PREFIX}/bin/ebpfkit" core list "${build_dir}/prog.bpf.o")
expect_output("struct task_struct::pid")
foreach(record sk_buff path)
  expect_no_output("struct ${record}::")
endforeach()

# An error of the source's own stays one.
file(WRITE "${source_dir}/prog.bpf.c"
     "#include \"vmlinux.h\"\nstruct own { int x; };\nstruct own { int x; };\n"
     "#define RECORD struct path { int own; }\nRECORD;\nstruct path* unused;\n")
touch("${source_dir}/prog.bpf.c")
build(--target prog)
set(expected_texts "redefinition of 'own'")
expect_failure("a source that defines a record twice")
