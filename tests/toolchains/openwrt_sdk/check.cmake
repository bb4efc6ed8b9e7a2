include("${KIT_DIR}/tests/toolchains/included_presets/check_application.cmake")

file(READ "${build_dir}/compiler.txt" compiler)
set(programs "/sdk/staging_dir/.*/aarch64-openwrt-linux-musl")
if(NOT compiler MATCHES "^openwrt .*${programs}-gcc\n.*${programs}-g[+][+]$")
  message(FATAL_ERROR "The compiler is ${compiler}.")
endif()

# CMake may configure again in a shell without the variable. It does not change the compiler of a build directory.
set(ENV{OPENWRT_SDK})
configure()
expect_success("configuring without OPENWRT_SDK in the environment")
file(READ "${build_dir}/compiler.txt" again)
if(NOT again STREQUAL compiler)
  message(FATAL_ERROR "The compiler was ${compiler} and is ${again}.")
endif()
configure(-DOPENWRT_SDK=)
set(expected_texts "was configured with the compiler 'openwrt" "another build directory")
expect_failure("configuring with another compiler")
