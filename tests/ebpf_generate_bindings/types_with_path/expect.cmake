set(configure_fails TRUE)
set(expected_texts "TYPES 'task_struct.tgid' is a path of members." "FIELDS task_struct.tgid")
