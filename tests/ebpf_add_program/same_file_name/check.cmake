# The object holds the variables of both sources, so neither source overwrote the compiled form of the other.
run(bpftool btf dump file "${build_dir}/prog.bpf.o")
expect_output("VAR 'first'")
expect_output("VAR 'second'")
expect_nothing_to_do()
