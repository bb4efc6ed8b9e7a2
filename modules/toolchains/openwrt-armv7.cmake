# CMake toolchain file: static programs with musl for OpenWrt on 32-bit ARM with a floating-point unit.
# detail/EbpfToolchain.cmake describes all of them.
set(EBPFKIT_TARGET armv7)
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfToolchain.cmake")
