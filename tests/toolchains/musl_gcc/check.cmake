include("${KIT_DIR}/tests/toolchains/included_presets/check_application.cmake")

file(READ "${build_dir}/compiler.txt" compiler)
if(NOT compiler MATCHES "^gcc .*/bin/aarch64-linux-musl-gcc$")
  message(FATAL_ERROR "The compiler is ${compiler}.")
endif()
