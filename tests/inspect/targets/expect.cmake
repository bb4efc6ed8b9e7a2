set(configure_arguments "-DEBPFKIT_LAUNCHER=env;CASE_LAUNCHER=1")
