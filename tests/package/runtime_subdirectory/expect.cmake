# As the other consumers of the sources, so the compiler cache has the runtime library.
set(configure_arguments -DCMAKE_BUILD_TYPE=Release)
