# libbpf looks for kernel functions in this section.
run(bpftool btf dump file "${build_dir}/prog.bpf.o")
expect_output("DATASEC '.ksyms' size=0 vlen=2 type_id=")
