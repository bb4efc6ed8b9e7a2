set(configure_arguments -DEBPFKIT_CLANG=/nowhere/clang)
set(configure_fails TRUE)
set(expected_texts "EBPFKIT_CLANG='/nowhere/clang': there is no such file")
