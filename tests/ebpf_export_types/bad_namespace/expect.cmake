set(configure_fails TRUE)
set(expected_texts "NAMESPACE 'a:b' is not a C++ namespace")
