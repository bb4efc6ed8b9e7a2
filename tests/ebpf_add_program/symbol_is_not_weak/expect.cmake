# libbpf since 1.2 has this macro itself, and says it in other words.
set(build_fails TRUE)
set(expected_texts "as __weak")
