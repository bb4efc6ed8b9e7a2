include("${KIT_DIR}/tests/toolchains/included_presets/check_application.cmake")

file(READ "${build_dir}/compiler.txt" compiler)
if(NOT compiler MATCHES "^yocto .*/sdk/aarch64-poky-linux-musl-gcc\n")
  message(FATAL_ERROR "The compiler is ${compiler}.")
endif()
