set(configure_arguments -DPROGRAMS=2)
