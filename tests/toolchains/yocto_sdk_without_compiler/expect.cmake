set(ENV{OECORE_TARGET_SYSROOT} "${WORK_DIR}/source")
set(ENV{OECORE_TARGET_ARCH} aarch64)
set(ENV{CC})
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake")
set(configure_fails TRUE)
set(expected_texts "CC='' and OE_CMAKE_TOOLCHAIN_FILE='' name no compiler"
                   "Source the environment script of a Yocto SDK")
