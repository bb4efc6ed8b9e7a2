set(configure_fails TRUE)
set(expected_texts
    "target_link_libraries(application): 'application' is linked with -static, but libbpf is the shared library '"
    "Name a static libbpf: -DEBPFKIT_LIBBPF_LIBRARY=<path of libbpf.a>")
