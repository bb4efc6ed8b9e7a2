set(configure_fails TRUE)
set(expected_texts
    "ebpf_add_program: SOURCES 'COMPILE_OPTION': there is no such file."
    "If it was meant as a keyword, it is misspelt. The nearest keyword is COMPILE_OPTIONS.")
