set(configure_fails TRUE)
set(expected_texts "FIELDS and HEADERS exclude each other")
