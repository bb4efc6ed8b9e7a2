set(build_fails TRUE)
set(expected_texts "map 'counts' has hidden visibility"
                   "Remove -fvisibility=hidden from COMPILE_OPTIONS")
