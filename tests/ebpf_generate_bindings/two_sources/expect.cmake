set(configure_fails TRUE)
set(expected_texts "BTF and HEADERS exclude each other")
