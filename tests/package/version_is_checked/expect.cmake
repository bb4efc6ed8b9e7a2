set(configure_fails TRUE)
set(expected_texts "compatible with requested version \"99\"")
