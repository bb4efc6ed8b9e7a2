set(configure_fails TRUE)
set(expected_texts "ebpf_add_program: ARCH 'sparc' is not known."
                   "Use one of: x86, arm64, arm, riscv, mips, powerpc, s390, loongarch")
