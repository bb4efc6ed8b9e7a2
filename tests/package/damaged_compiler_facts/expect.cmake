set(configure_fails TRUE)
set(expected_texts "libbpf was not found for the target system."
                   "CMake could not compile its own test for" "run cmake --fresh.")
