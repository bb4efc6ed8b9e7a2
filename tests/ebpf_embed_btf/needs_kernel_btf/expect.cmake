set(build_fails TRUE)
set(expected_texts
    "NO_KERNEL_BTF was asked for, and the object cannot be loaded without the kernel's BTF:"
    "program 'on_open' in section 'fentry/do_sys_openat2': the kernel finds what it attaches to in its own BTF. Use SEC(\"kprobe/<function>\")."
    "program 'sleepable_lsm' in section 'lsm.s/file_open'"
    "kernel function 'bpf_rcu_read_lock' (__ksym)"
    "kernel variable 'runqueues' (__ksym with a type)"
    "SEC(\"?...\")")
set(absent_files prog.bpf.o)
