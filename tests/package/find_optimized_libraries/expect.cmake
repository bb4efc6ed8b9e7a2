set(configure_arguments -DCMAKE_BUILD_TYPE=Release -DEBPFKIT_OPTIMIZE_SIZE=ON)
