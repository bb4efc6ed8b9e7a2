set(ENV{XDG_CACHE_HOME} "${WORK_DIR}/cache")
set(configure_arguments "-DCACHE=${WORK_DIR}/cache/ebpfkit/btf")
