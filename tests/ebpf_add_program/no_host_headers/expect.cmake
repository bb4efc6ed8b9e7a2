set(configure_arguments -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
                        "-DEbpfKit_DIR=${PREFIX}/lib/cmake/EbpfKit")
set(only_builds TRUE)
