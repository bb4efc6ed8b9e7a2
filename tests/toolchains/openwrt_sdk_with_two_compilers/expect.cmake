set(ENV{OPENWRT_SDK} "${WORK_DIR}/source")
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake")
set(configure_fails TRUE)
set(expected_texts "OPENWRT_SDK='${WORK_DIR}/source' has 2 compilers"
                   "toolchain-mips/bin/mips-openwrt-linux-musl-gcc" "Use an SDK of one target")
