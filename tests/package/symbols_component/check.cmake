run("${build_dir}/without")
# Only what links EbpfKit::symbols needs libdw.
find_program(READELF NAMES llvm-readelf readelf REQUIRED)
run("${READELF}" -d "${build_dir}/without")
expect_no_output("libdw")

run("${build_dir}/stacks")
foreach(
  text
  "main\\+0x[0-9a-f]+ stacks.cpp:22" "work::place_of_call\\(\\)\\+0x1 stacks.cpp:15"
  "\n[_a-z]*qsort[_a-z]*\\+0x0" "\nnone\nnone\n" "libc[^\n]*\\.so" "cannot read symbols of process"
  "The process must live while its symbols are opened")
  if(NOT output MATCHES "${text}")
    message(FATAL_ERROR "'${text}' is missing in:\n${output}")
  endif()
endforeach()

set(build_dir "${WORK_DIR}/build-without-libdw")
configure(-DEBPFKIT_LIBDW_LIBRARY=/no/such/libdw.so)
set(expected_texts "EbpfKit::symbols needs libdw and libelf of elfutils, which were not found"
                   "-DEBPFKIT_LIBDW_LIBRARY=<file>")
expect_failure("configuring without libdw")
