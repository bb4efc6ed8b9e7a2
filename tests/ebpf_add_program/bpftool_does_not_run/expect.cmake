set(configure_arguments "-DEBPFKIT_BPFTOOL=${source_dir}/bpftool")
set(configure_fails TRUE)
set(expected_texts
    "ebpf_add_program: no bpftool that runs was found."
    "'version -j' failed (2) no tools for kernel 1.2.3" "apt install bpftool" "-DEBPFKIT_BPFTOOL=")
