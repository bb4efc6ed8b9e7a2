# CMake toolchain file: static programs with musl for OpenWrt on 64-bit RISC-V.
# detail/EbpfToolchain.cmake describes all of them.
set(EBPFKIT_TARGET riscv64)
include("${CMAKE_CURRENT_LIST_DIR}/detail/EbpfToolchain.cmake")
