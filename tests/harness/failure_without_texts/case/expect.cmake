set(configure_fails TRUE)
