set(ENV{OECORE_TARGET_SYSROOT} "${WORK_DIR}/source")
set(ENV{OECORE_TARGET_ARCH} mips)
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake")
set(configure_fails TRUE)
set(expected_texts "OECORE_TARGET_ARCH is 'mips', and the target is aarch64")
