set(build_fails TRUE)
set(expected_texts "kernel.btf': neither the file nor its name tells the kernel's release"
                   "<file>=<distribution>:<version>:<architecture>:<release>")
set(absent_files "ebpf/kernels/kernels.btf-bundle")
