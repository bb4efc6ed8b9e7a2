set(build_fails TRUE)
set(expected_texts "map 'counts' is static" "Remove the word static from the map's declaration.")
