# For checks that boot a machine with arm64: builds its first process, and sets `guest` to that program.
set(guest "${WORK_DIR}/ebpfkit-guest")
set(installed "${PREFIX}/share/ebpfkit")
run("${CMAKE_COMMAND}"
    "-DSOURCE=${installed}/src/guest"
    "-DTOOLCHAIN=${installed}/modules/toolchains/openwrt-aarch64.cmake"
    "-DTOOL=${PREFIX}/bin/ebpfkit"
    "-DCACHE=${SYSROOT_CACHE}"
    -DCPU=arm64
    "-DOUTPUT=${guest}"
    -P
    "${installed}/modules/detail/build_guest.cmake")
