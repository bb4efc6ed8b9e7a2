# What a developer has in the environment.
set(ENV{OPENWRT_SDK})
set(ENV{OECORE_TARGET_SYSROOT})
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    "-DEBPFKIT_MUSL_GCC=${WORK_DIR}/no-gcc")
set(configure_fails TRUE)
set(expected_texts "EBPFKIT_MUSL_GCC='${WORK_DIR}/no-gcc': there is no such file")
