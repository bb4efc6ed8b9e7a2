message(FATAL_ERROR "This is never run.")
