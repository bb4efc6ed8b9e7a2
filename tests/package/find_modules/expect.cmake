set(configure_fails TRUE)
set(expected_texts "Could NOT find Libbpf" "99")
