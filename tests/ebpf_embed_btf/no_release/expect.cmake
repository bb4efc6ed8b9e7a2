set(build_fails TRUE)
set(expected_texts "kernel.bpf.o': nothing tells which kernel this is"
                   "<file>=<distribution>:<version>:<architecture>:<release>")
set(absent_files "ebpf/kernels/kernels.btf-bundle")
