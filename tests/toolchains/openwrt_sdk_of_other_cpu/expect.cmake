set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    "-DOPENWRT_SDK=${WORK_DIR}/source")
set(configure_fails TRUE)
set(expected_texts
    "is for another CPU: its compiler is mips-openwrt-linux-musl-gcc, and the target aarch64 needs aarch64-openwrt-linux-musl-gcc"
    "Choose the preset or the toolchain file for the SDK's CPU")
