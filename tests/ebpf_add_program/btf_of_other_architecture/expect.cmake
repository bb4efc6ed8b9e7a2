set(build_fails TRUE)
set(expected_texts
    "arm64.btf': the BTF is of the architecture arm64, not x86: registers (struct pt_regs)"
    "ebpf_add_program(... BTF <file>), or -DEBPFKIT_BTF=<file>."
    "say that this BTF is meant: BTF /")
set(absent_files needy.bpf.o)
