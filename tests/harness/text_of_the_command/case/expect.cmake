set(build_fails TRUE)
set(expected_texts "FAILED: CMakeFiles/prog" "another thing" "the expected thing")
