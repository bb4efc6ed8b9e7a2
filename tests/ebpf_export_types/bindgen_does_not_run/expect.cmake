set(configure_arguments -DEBPFKIT_BINDGEN=/bin/false)
set(configure_fails TRUE)
set(expected_texts "LANGUAGE RUST needs bindgen" "-DEBPFKIT_BINDGEN=<path>")
