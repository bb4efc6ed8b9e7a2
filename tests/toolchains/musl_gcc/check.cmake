include("${KIT_DIR}/tests/toolchains/included_presets/check_application.cmake")

file(READ "${build_dir}/compiler.txt" compiler)
if(NOT compiler MATCHES "^gcc .*/bin/aarch64-linux-musl-gcc\n")
  message(FATAL_ERROR "The compiler is ${compiler}.")
endif()

# CMake may configure again in a shell with another PATH.
string(REPLACE "${WORK_DIR}/bin:" "" path "$ENV{PATH}")
set(ENV{PATH} "${path}")
configure()
expect_success("configuring with another PATH")
file(READ "${build_dir}/compiler.txt" again)
if(NOT again STREQUAL compiler)
  message(FATAL_ERROR "The compiler was ${compiler} and is ${again}.")
endif()
