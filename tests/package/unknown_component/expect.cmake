set(configure_fails TRUE)
set(expected_texts "EbpfKit has no component 'runtme'."
                   "The only one is runtime: find_package(EbpfKit COMPONENTS runtime).")
