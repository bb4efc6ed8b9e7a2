# The layout of an OpenWrt SDK, with a stand-in for its compiler.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
require_sysroot(aarch64)
write_target_compiler(
  "${WORK_DIR}/sdk/staging_dir/toolchain-aarch64_generic_gcc-13.3.0_musl/bin"
  aarch64-openwrt-linux-musl aarch64-linux-musl "${CMAKE_SYSROOT_DIRECTORY}" REQUIRE_STAGING_DIR)
set(ENV{OPENWRT_SDK} "${WORK_DIR}/sdk")
set(configure_arguments
    "-DCMAKE_TOOLCHAIN_FILE=${PREFIX}/share/ebpfkit/modules/toolchains/openwrt-aarch64.cmake"
    "-DEBPFKIT_CACHE_DIR=${SYSROOT_CACHE}")
