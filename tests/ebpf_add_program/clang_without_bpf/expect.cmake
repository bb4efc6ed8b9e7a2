set(configure_arguments "-DEBPFKIT_CLANG=${source_dir}/clang")
set(configure_fails TRUE)
set(expected_texts
    "ebpf_add_program: no clang that compiles for BPF was found."
    "it has no BPF back end: error: unable to create target" "apt install clang" "-DEBPFKIT_CLANG=")
