# TARGET is the router target whose toolchain compiles the tests. Its processes run on an arm64 kernel.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/machines.cmake")
set(CMAKE_GOOGLETEST /usr/src/googletest)
find_program(CMAKE_QEMU_ARM64 qemu-system-aarch64)
if(NOT CMAKE_QEMU_ARM64)
  skip("there is no qemu-system-aarch64")
elseif(NOT EXISTS "${CMAKE_GOOGLETEST}/CMakeLists.txt")
  skip("there are no sources of GoogleTest")
endif()
require_machines(debian/6.12/arm64)
# The headers of the machine's CPU.
require_sysroot(aarch64)
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-${TARGET}.cmake"
    "-DGOOGLETEST_SOURCES=${CMAKE_GOOGLETEST}"
    -DCMAKE_BUILD_TYPE=MinSizeRel
    # uprobes need the symbols.
    -DCMAKE_EXE_LINKER_FLAGS_MINSIZEREL=)
