set(build_fails TRUE)
set(expected_texts "a thing")
