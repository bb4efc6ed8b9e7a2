# What the object waits for.
run(ninja -C "${build_dir}" -n prog)
expect_output("Linking CXX executable _deps/ebpfkit-build/bin/ebpfkit")
expect_output("prog.bpf.o")
