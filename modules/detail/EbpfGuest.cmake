# The program that runs inside virtual machines (src/guest).
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_guest(<out> <command> <cpu>)
#
# Sets <out> to the program for machines with this CPU (x86_64, arm64): a static program with musl. EBPFKIT_GUEST_<CPU>
# names a ready one. Otherwise a test of CTest builds it, ebpfkit.guest.<cpu>, which other tests require as the
# fixture of that name. So building a project needs neither the sources of musl nor a network.
function(_ebpf_guest out command cpu)
  string(TOUPPER "${cpu}" upper)
  set(ready "${EBPFKIT_GUEST_${upper}}")
  if(ready AND NOT EXISTS "${ready}")
    message(FATAL_ERROR "${command}: EBPFKIT_GUEST_${upper}='${ready}': there is no such file.\n"
                        "  Name a program ebpfkit-guest, or leave it empty.")
  endif()
  set(guest "${CMAKE_BINARY_DIR}/ebpfkit/guest/${cpu}/ebpfkit-guest")
  if(ready)
    set(guest "${ready}")
  endif()
  set(${out} "${guest}" PARENT_SCOPE)
  # A test's name belongs to one directory; the fixture of several directories is the same.
  get_property(has_test DIRECTORY PROPERTY _EBPF_HAS_GUEST_TEST_${cpu})
  if(has_test)
    return()
  endif()
  set_property(DIRECTORY PROPERTY _EBPF_HAS_GUEST_TEST_${cpu} TRUE)
  if(ready)
    set(test_command "${CMAKE_COMMAND}" -E true)
  else()
    cmake_path(SET source NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../src/guest")
    cmake_path(SET toolchains NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../toolchains")
    _ebpf_cache_directory(cache)
    set(target ${cpu})
    if(cpu STREQUAL "arm64")
      set(target aarch64)
    endif()
    set(test_command
        "${CMAKE_COMMAND}" "-DSOURCE=${source}" "-DTOOLCHAIN=${toolchains}/openwrt-${target}.cmake"
        "-DTOOL=$<TARGET_FILE:EbpfKit::ebpfkit>" "-DCACHE=${cache}" "-DCPU=${cpu}"
        "-DOUTPUT=${guest}" -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/build_guest.cmake")
  endif()
  add_test(NAME ebpfkit.guest.${cpu} COMMAND ${test_command})
  set_tests_properties(ebpfkit.guest.${cpu} PROPERTIES FIXTURES_SETUP ebpfkit.guest.${cpu} LABELS
                                                       "ebpf;vm" TIMEOUT 1800)
endfunction()
