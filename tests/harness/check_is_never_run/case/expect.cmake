set(configure_fails TRUE)
set(expected_texts "another thing")
