set(configure_fails TRUE)
set(expected_texts "NON_PORTABLE: the types of PROGRAMS 'prog' come from a module's BTF"
                   "Leave NON_PORTABLE out")
