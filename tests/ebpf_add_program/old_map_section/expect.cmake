set(build_fails TRUE)
set(expected_texts "SEC(\"maps\") holds maps of a kind that no libbpf since 1.0 reads"
                   "Declare them with __uint() and __type()")
