# Files of a sysroot change after it was made. The case has a copy of the shared sysroot in a cache of its own.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
require_sysroot(aarch64)
set(ENV{OPENWRT_SDK})
set(ENV{OECORE_TARGET_SYSROOT})
file(COPY "${CMAKE_SYSROOT_DIRECTORY}" "${CMAKE_SYSROOT_DIRECTORY}.state"
     DESTINATION "${WORK_DIR}/cache/sysroots")
file(COPY "${SYSROOT_CACHE}/requests" DESTINATION "${WORK_DIR}/cache")
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    -DEBPFKIT_MUSL_GCC=OFF "-DEBPFKIT_CACHE_DIR=${WORK_DIR}/cache")
