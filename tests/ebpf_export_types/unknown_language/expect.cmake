set(configure_fails TRUE)
set(expected_texts "LANGUAGE 'GO' is not known" "CXX, RUST")
