# The environment of a Yocto SDK: CC has options, and the SDK's own toolchain file is in charge.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
require_sysroot(aarch64)
write_target_compiler("${WORK_DIR}/sdk" aarch64-poky-linux-musl aarch64-linux-musl
                      "${CMAKE_SYSROOT_DIRECTORY}")
file(
  WRITE "${WORK_DIR}/sdk/OEToolchainConfig.cmake"
  "set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER \"${WORK_DIR}/sdk/aarch64-poky-linux-musl-gcc\")
set(CMAKE_SYSROOT \"${CMAKE_SYSROOT_DIRECTORY}\")
")
set(ENV{OECORE_TARGET_SYSROOT} "${CMAKE_SYSROOT_DIRECTORY}")
set(ENV{OECORE_TARGET_ARCH} aarch64)
set(ENV{OE_CMAKE_TOOLCHAIN_FILE} "${WORK_DIR}/sdk/OEToolchainConfig.cmake")
set(ENV{CC}
    "'${WORK_DIR}/sdk/aarch64-poky-linux-musl-gcc' -march=armv8-a '--sysroot=${CMAKE_SYSROOT_DIRECTORY}'"
)
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    "-DEBPFKIT_CACHE_DIR=${SYSROOT_CACHE}")
