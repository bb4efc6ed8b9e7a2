set(build_fails TRUE)
set(expected_texts "6.1.0.btf': this is a BPF object, not a kernel's BTF"
                   "Name kernels with BTFS, and programs with PROGRAMS.")
