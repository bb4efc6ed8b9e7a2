set(configure_fails TRUE)
set(expected_text "another thing")
