# Without BTF in the kernel, an application with embedded BTF reads right values. One without is refused, and told
# why. The offsets of the build read wrong values on these kernels, so the right ones are the relocation's work.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/machines.cmake")
run_ctest(--parallel 2)
set(good ebpfkit.guest.x86_64)
set(bad "")
foreach(kernel debian/6.1/amd64 debian/6.12/amd64)
  list(APPEND good "embedded.${kernel}" "own.${kernel}" "embedded.${kernel}:no-btf")
  list(APPEND bad "own.${kernel}:no-btf")
endforeach()
expect_tests(passed ${good})
expect_tests(failed ${bad})
expect_output("cannot load" "BTF")

foreach(test embedded.debian/6.1/amd64:no-btf embedded.debian/6.12/amd64:no-btf
             own.debian/6.12/amd64)
  run_ctest(-V -R "^${test}$")
  if(NOT test_output MATCHES
     "own number ([0-9]+), by relocation ([0-9]+), by the layout of the build ([0-9-]+)")
    message(FATAL_ERROR "${test} prints no values:\n${test_output}")
  endif()
  if(NOT CMAKE_MATCH_1 EQUAL CMAKE_MATCH_2 OR CMAKE_MATCH_1 EQUAL CMAKE_MATCH_3)
    message(FATAL_ERROR "${test}: ${CMAKE_MATCH_0}")
  endif()
endforeach()
