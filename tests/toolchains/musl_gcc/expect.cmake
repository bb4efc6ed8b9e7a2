# What a developer has in the environment.
set(ENV{OPENWRT_SDK})
set(ENV{OECORE_TARGET_SYSROOT})
# A musl GCC by its prefix, with a stand-in for it on PATH.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
require_sysroot(aarch64)
write_target_compiler("${WORK_DIR}/bin" aarch64-linux-musl aarch64-linux-musl
                      "${CMAKE_SYSROOT_DIRECTORY}")
set(ENV{PATH} "${WORK_DIR}/bin:$ENV{PATH}")
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    "-DEBPFKIT_CACHE_DIR=${SYSROOT_CACHE}")
