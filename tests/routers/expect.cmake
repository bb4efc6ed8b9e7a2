# The example project's own preset for a router, with the installed EbpfKit.
include("${CMAKE_CURRENT_LIST_DIR}/../detail/sysroot.cmake")
require_sysroot("${TARGET}")
set(ENV{EBPFKIT_PREFIX} "${PREFIX}")
set(configure_arguments --preset "openwrt-${TARGET}" "-DEBPFKIT_CACHE_DIR=${SYSROOT_CACHE}")
