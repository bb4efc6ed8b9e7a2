# The example project's own preset for a router, with the installed EbpfKit.
include("${CMAKE_CURRENT_LIST_DIR}/../detail/sysroot.cmake")
require_sysroot("${TARGET}")
set(ENV{EBPFKIT_PREFIX} "${PREFIX}")
set(configure_arguments --preset "openwrt-${TARGET}" "-DEBPFKIT_CACHE_DIR=${SYSROOT_CACHE}")
# The one with EBPFKIT_OPTIMIZE_SIZE runs in a virtual machine, that for x86_64 without it on this kernel.
if("${TARGET}" STREQUAL "aarch64")
  list(APPEND configure_arguments -DEBPFKIT_OPTIMIZE_SIZE=ON)
endif()
if("${TARGET}" MATCHES "^(aarch64|x86_64)$")
  list(APPEND configure_arguments
       "-DCMAKE_PROJECT_kernel-watch_INCLUDE=${KIT_DIR}/tests/routers/loader_size/add.cmake")
endif()
