file(WRITE "${build_dir}/prog.bpf.o.tmp" "")
