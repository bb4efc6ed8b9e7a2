# The sysroot of a build directory changes, as it does with another recipe. This tool stands in for the installed
# one: it says which sysroot is the ready one.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
require_sysroot(aarch64)
set(ENV{OPENWRT_SDK})
set(ENV{OECORE_TARGET_SYSROOT})
foreach(CMAKE_NAME former newer)
  file(COPY "${CMAKE_SYSROOT_DIRECTORY}/" DESTINATION "${WORK_DIR}/${CMAKE_NAME}")
endforeach()
file(COPY "${CMAKE_SYSROOT_DIRECTORY}/usr/lib/libz.a" DESTINATION "${WORK_DIR}/named")
file(WRITE "${WORK_DIR}/ready.txt" "${WORK_DIR}/former\n")
file(
  WRITE "${WORK_DIR}/ebpfkit"
  "#!/bin/sh\n[ \"$1\" = sysroot ] && exec cat '${WORK_DIR}/ready.txt'\nexec '${PREFIX}/bin/ebpfkit' \"$@\"\n"
)
file(CHMOD "${WORK_DIR}/ebpfkit" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    -DEBPFKIT_MUSL_GCC=OFF "-DEBPFKIT_CACHE_DIR=${WORK_DIR}/cache"
    "-DEBPFKIT_TOOL=${WORK_DIR}/ebpfkit" "-DEBPFKIT_ZLIB_LIBRARY=${WORK_DIR}/named/libz.a")
