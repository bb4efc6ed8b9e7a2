set(build_fails TRUE)
