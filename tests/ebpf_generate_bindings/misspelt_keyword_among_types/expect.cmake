set(configure_fails TRUE)
set(expected_texts
    "ebpf_generate_bindings: TYPES has the value 'FEILDS'. The nearest keyword is FIELDS.")
