set(configure_fails TRUE)
set(expected_texts "nowhere' is not a directory")
