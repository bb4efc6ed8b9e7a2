set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    "-DOPENWRT_SDK=${WORK_DIR}/source")
set(configure_fails TRUE)
set(expected_texts "OPENWRT_SDK='${WORK_DIR}/source' has no compiler staging_dir/toolchain-*/bin"
                   "Name the directory of an unpacked OpenWrt SDK")
