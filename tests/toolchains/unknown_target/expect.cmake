# What a developer has in the environment.
set(ENV{OPENWRT_SDK})
set(ENV{OECORE_TARGET_SYSROOT})
# A toolchain file of the user's own, for a CPU that EbpfKit does not have.
file(WRITE "${WORK_DIR}/sparc.cmake"
     "set(EBPFKIT_TARGET sparc)\n"
     "include(\"${PREFIX}/share/ebpfkit/modules/toolchains/detail/EbpfToolchain.cmake\")\n")
set(configure_arguments "-DCMAKE_TOOLCHAIN_FILE=${WORK_DIR}/sparc.cmake")
set(configure_fails TRUE)
set(expected_texts "there is no target 'sparc'" "The targets are aarch64, x86_64")
