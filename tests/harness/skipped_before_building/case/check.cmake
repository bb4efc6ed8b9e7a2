message(FATAL_ERROR "A skipped case was checked.")
