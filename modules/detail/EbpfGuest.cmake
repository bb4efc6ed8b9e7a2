# The program that runs inside virtual machines (src/guest).
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_guest(<out> <command> <cpu>)
#
# Sets <out> to the program for machines with this CPU (x86_64, arm64), and makes the rule that builds it: a static
# program with musl, by the toolchain file of the CPU. EBPFKIT_GUEST_<CPU> names a ready one.
function(_ebpf_guest out command cpu)
  string(TOUPPER "${cpu}" upper)
  if(EBPFKIT_GUEST_${upper})
    if(NOT EXISTS "${EBPFKIT_GUEST_${upper}}")
      message(
        FATAL_ERROR
          "${command}: EBPFKIT_GUEST_${upper}='${EBPFKIT_GUEST_${upper}}': there is no such file.\n"
          "  Name a program ebpfkit-guest, or leave it empty.")
    endif()
    set(${out} "${EBPFKIT_GUEST_${upper}}" PARENT_SCOPE)
    return()
  endif()
  set(guest "${CMAKE_BINARY_DIR}/ebpfkit/guest/${cpu}/ebpfkit-guest")
  set(${out} "${guest}" PARENT_SCOPE)
  # One rule for all tests. Rules of several directories may not write one file, so all depend on one target.
  if(TARGET _ebpf_guest_${cpu})
    return()
  endif()
  cmake_path(SET source NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../src/guest")
  cmake_path(SET toolchains NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../toolchains")
  file(GLOB sources CONFIGURE_DEPENDS "${source}/*.cpp" "${source}/*.hpp" "${source}/CMakeLists.txt")
  _ebpf_cache_directory(cache)
  set(target ${cpu})
  if(cpu STREQUAL "arm64")
    set(target aarch64)
  endif()
  set(build "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/build_guest.cmake")
  add_custom_command(
    OUTPUT "${guest}"
    COMMAND
      "${CMAKE_COMMAND}" "-DSOURCE=${source}" "-DTOOLCHAIN=${toolchains}/openwrt-${target}.cmake"
      "-DTOOL=$<TARGET_FILE:EbpfKit::ebpfkit>" "-DCACHE=${cache}" "-DCPU=${cpu}" "-DOUTPUT=${guest}"
      -P "${build}"
    DEPENDS ${sources} "${build}"
    COMMENT "Building the program for virtual machines with ${cpu}, once for all build directories"
    VERBATIM)
  add_custom_target(_ebpf_guest_${cpu} DEPENDS "${guest}")
endfunction()
