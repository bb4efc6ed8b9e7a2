set(configure_fails TRUE)
set(expected_texts "EbpfKit has no component 'runtme'."
                   "There are runtime and symbols: find_package(EbpfKit COMPONENTS runtime).")
