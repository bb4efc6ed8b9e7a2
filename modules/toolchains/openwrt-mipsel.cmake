# CMake toolchain file: static programs with musl for OpenWrt on little-endian 32-bit MIPS.
# detail/EbpfToolchain.cmake describes all of them.
set(EBPFKIT_TARGET mipsel)
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfToolchain.cmake")
