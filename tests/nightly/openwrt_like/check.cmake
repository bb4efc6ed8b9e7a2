# The kernel has no BTF. An application with embedded BTF reads right values, at offsets that are not those of the build.
# One without is refused, and told why.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/machines.cmake")
set(kernel test/openwrt-like/amd64)
run_ctest()
expect_tests(failed "own.${kernel}")
expect_output("cannot load" "BTF")
foreach(program count classify on_unlink on_open filter)
  if(NOT "loads.${kernel}.router.${program}" IN_LIST passed)
    message(FATAL_ERROR "${program} does not load:\n${test_output}")
  endif()
endforeach()

run_ctest(-V -R "^embedded.${kernel}$")
if(NOT "embedded.${kernel}" IN_LIST passed
   OR NOT test_output MATCHES
      "own number ([0-9]+), by relocation ([0-9]+), by the layout of the build ([0-9-]+)"
   OR NOT CMAKE_MATCH_1 EQUAL CMAKE_MATCH_2
   OR CMAKE_MATCH_1 EQUAL CMAKE_MATCH_3)
  message(FATAL_ERROR "embedded.${kernel} reads no right values:\n${test_output}")
endif()
