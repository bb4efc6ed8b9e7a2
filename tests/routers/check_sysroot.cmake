# Makes the sysroot of TARGET in CACHE, checks it, and links and runs PROGRAM with it.
#
# cmake -DEBPFKIT_TOOL=<ebpfkit> -DCACHE=<directory> -DTARGET=<target> -DTRIPLE=<triple> -DEMULATOR=<program>
#       -DPROGRAM=<source> -DWORK_DIR=<directory> -P check_sysroot.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../detail/sysroot.cmake")

find_program(apt_get apt-get)
find_program(clang clang)
find_program(lld NAMES ld.lld)
if(NOT apt_get OR NOT clang OR NOT lld)
  message("SKIPPED: there is no apt-get, no clang or no lld")
  return()
endif()

# build(<out> <option>...): the directory of the sysroot.
function(build out)
  execute_process(
    COMMAND "${EBPFKIT_TOOL}" sysroot build "${TARGET}" --cache "${CACHE}" ${ARGN}
    OUTPUT_VARIABLE output
    ERROR_VARIABLE errors
    RESULT_VARIABLE status)
  is_without_sources(is_away "${errors}")
  if(is_away)
    message("SKIPPED: the sources cannot be had: ${errors}")
    set(${out} "" PARENT_SCOPE)
    return()
  endif()
  if(NOT status EQUAL 0 OR NOT output MATCHES "^/[^\n]*\n$")
    message(FATAL_ERROR "sysroot build ${TARGET}: status ${status}\n${output}${errors}")
  endif()
  string(STRIP "${output}" output)
  set(${out} "${output}" PARENT_SCOPE)
  set(${out}_errors "${errors}" PARENT_SCOPE)
endfunction()

build(sysroot)
if(NOT sysroot)
  return()
endif()
build(again)
if(NOT again STREQUAL sysroot OR NOT again_errors STREQUAL "")
  message(
    FATAL_ERROR
      "The second build says '${again}' and '${again_errors}', not '${sysroot}' and nothing.")
endif()
execute_process(COMMAND "${EBPFKIT_TOOL}" sysroot verify "${sysroot}" --cache "${CACHE}"
                        COMMAND_ERROR_IS_FATAL ANY)

# Bitcode would have the paths of its sources in it.
foreach(library z elf bpf)
  file(STRINGS "${sysroot}/usr/lib/optimized-size/lib${library}.a" found REGEX "${CACHE}"
       LIMIT_COUNT 1)
  if(found)
    message(FATAL_ERROR "lib${library}.a has a path of this machine in it: ${found}")
  endif()
endforeach()

# EBPFKIT_ROUNDS: kills as many builds at random moments. In the end there must be the same bytes.
set(rounds "$ENV{EBPFKIT_ROUNDS}")
if(rounds)
  file(READ "${sysroot}/sysroot.json" undisturbed)
  foreach(round RANGE 1 ${rounds})
    execute_process(COMMAND "${EBPFKIT_TOOL}" sysroot remove "${TARGET}" --cache "${CACHE}"
                    OUTPUT_QUIET ERROR_QUIET)
    string(RANDOM LENGTH 2 ALPHABET 0123456789 seconds)
    execute_process(COMMAND timeout --signal KILL "${seconds}" "${EBPFKIT_TOOL}" sysroot build
                                    "${TARGET}" --cache "${CACHE}" OUTPUT_QUIET ERROR_QUIET)
    execute_process(COMMAND "${EBPFKIT_TOOL}" sysroot verify --cache "${CACHE}"
                    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  build(after)
  file(READ "${after}/sysroot.json" disturbed)
  if(NOT after STREQUAL sysroot OR NOT disturbed STREQUAL undisturbed)
    message(FATAL_ERROR "After killed builds, '${after}' is not what '${sysroot}' was.")
  endif()
endif()

file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
execute_process(
  COMMAND
    "${clang}" --driver-mode=g++ "--target=${TRIPLE}" "--sysroot=${sysroot}"
    "-resource-dir=${sysroot}/resource" "--gcc-toolchain=${sysroot}/usr" -nostdinc++ -isystem
    "${sysroot}/usr/include/c++/v1" -std=c++17 -Os -ffunction-sections -fdata-sections -static
    -stdlib=libc++ -fuse-ld=lld -rtlib=compiler-rt -unwindlib=libunwind -Wl,--gc-sections -s
    "${PROGRAM}" -o "${WORK_DIR}/program" -lbpf -lelf -lz COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS "${WORK_DIR}/program" found REGEX "GLIBC_|${CACHE}" LIMIT_COUNT 1)
if(found)
  message(FATAL_ERROR "The program has a name of glibc or a path of this machine in it: ${found}")
endif()
find_program(emulator NAMES "${EMULATOR}" "${EMULATOR}-static")
if(NOT emulator)
  message("${EMULATOR} is not here, so the program does not run.")
  return()
endif()
execute_process(COMMAND "${emulator}" "${WORK_DIR}/program" COMMAND_ERROR_IS_FATAL ANY)
