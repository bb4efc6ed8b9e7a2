set(build_fails TRUE)
set(expected_texts "map 'counts' is declared extern, and no source defines it"
                   "Add the source that defines it to SOURCES")
