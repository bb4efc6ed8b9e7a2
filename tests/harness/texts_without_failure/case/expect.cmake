set(only_builds TRUE)
set(expected_texts "a thing")
