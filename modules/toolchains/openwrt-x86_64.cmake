# CMake toolchain file: static programs with musl for OpenWrt on 64-bit x86.
# detail/EbpfToolchain.cmake describes all of them.
set(EBPFKIT_TARGET x86_64)
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfToolchain.cmake")
