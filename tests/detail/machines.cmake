# For cases that boot virtual machines. SYSROOT_CACHE is a directory that all of them share.

# require_machines(<kernel>...)
#
# Sets EBPFKIT_CACHE_DIR in the environment of all steps to the shared cache, and has the installed tool fetch the
# kernels into it. Skips the case when this machine cannot: no QEMU, no network, another CPU.
macro(require_machines)
  find_program(CMAKE_QEMU qemu-system-x86_64)
  cmake_host_system_information(RESULT CMAKE_MACHINE_CPU QUERY OS_PLATFORM)
  if(NOT CMAKE_QEMU)
    skip("there is no qemu-system-x86_64")
  elseif(NOT CMAKE_MACHINE_CPU STREQUAL "x86_64")
    skip("the case has programs for x86_64")
  endif()
  require_sysroot(x86_64)
  set(ENV{EBPFKIT_CACHE_DIR} "${SYSROOT_CACHE}")
  execute_process(
    COMMAND "${PREFIX}/bin/ebpfkit" kernel fetch ${ARGN}
    OUTPUT_VARIABLE CMAKE_MACHINE_OUTPUT
    ERROR_VARIABLE CMAKE_MACHINE_ERRORS
    RESULT_VARIABLE CMAKE_MACHINE_RESULT)
  is_without_sources(CMAKE_MACHINE_IS_AWAY "${CMAKE_MACHINE_ERRORS}")
  if(CMAKE_MACHINE_IS_AWAY)
    skip("the kernels cannot be had: ${CMAKE_MACHINE_ERRORS}")
  elseif(NOT CMAKE_MACHINE_RESULT EQUAL 0)
    message(FATAL_ERROR "kernel fetch: ${CMAKE_MACHINE_ERRORS}")
  endif()
endmacro()

# run_ctest([<argument>...])
#
# Runs ctest in the build directory, and sets `passed`, `failed` and `skipped` to the names of the tests, and
# `test_output` to what they printed.
function(run_ctest)
  set(results "${build_dir}/results.xml")
  file(REMOVE "${results}")
  execute_process(
    COMMAND "${CMAKE_CTEST_COMMAND}" --test-dir "${build_dir}" --output-junit "${results}" --output-on-failure
            ${ARGN}
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT EXISTS "${results}")
    message(FATAL_ERROR "ctest wrote no results:\n${output}")
  endif()
  file(READ "${results}" xml)
  set(run "")
  set(fail "")
  set(notrun "")
  string(REGEX MATCHALL "<testcase name=\"[^\"]*\"[^>]* status=\"[a-z]*\"" tests "${xml}")
  foreach(test IN LISTS tests)
    string(REGEX MATCH "name=\"([^\"]*)\".* status=\"([a-z]*)\"" unused "${test}")
    list(APPEND ${CMAKE_MATCH_2} "${CMAKE_MATCH_1}")
  endforeach()
  set(passed "${run}" PARENT_SCOPE)
  set(failed "${fail}" PARENT_SCOPE)
  set(skipped "${notrun}" PARENT_SCOPE)
  set(test_output "${output}" PARENT_SCOPE)
endfunction()

# expect_tests(<what> <name>...): fatal unless the list <what> (passed, failed, skipped) has exactly these names.
function(expect_tests what)
  set(expected "${ARGN}")
  list(SORT expected)
  set(actual "${${what}}")
  list(SORT actual)
  if(NOT actual STREQUAL expected)
    list(JOIN expected "\n  " expected)
    list(JOIN actual "\n  " actual)
    message(FATAL_ERROR "Expected to be ${what}:\n  ${expected}\nbut these were:\n  ${actual}\n${test_output}")
  endif()
endfunction()

# expect_output(<text>...): fatal unless `test_output` has each text.
function(expect_output)
  foreach(text IN LISTS ARGN)
    string(FIND "${test_output}" "${text}" place)
    if(place EQUAL -1)
      message(FATAL_ERROR "The tests do not print '${text}':\n${test_output}")
    endif()
  endforeach()
endfunction()
