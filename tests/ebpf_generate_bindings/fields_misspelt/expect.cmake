set(configure_fails TRUE)
set(expected_texts "FIELDS 'task_struct..tgid' is not a path of members.")
