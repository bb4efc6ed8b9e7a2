#[=[.rst:
FindBpfClang
------------

Finds a clang that can compile for BPF. EbpfKit's commands call it with ``find_package``; a minimum
version, a version range, ``QUIET`` and ``REQUIRED`` work as in CMake's own find modules.

``EBPFKIT_CLANG``
  Cache variable: the compiler. The module tries ``clang`` and every ``clang-<major>`` and skips those
  without the BPF back end. Set it to choose another compiler.
``BpfClang_FOUND``, ``BpfClang_VERSION``, ``BpfClang_MAJOR``
  The version is the major version alone. It comes from the preprocessor, because the text of
  ``--version`` differs between vendors.
``BpfClang_REASON``
  Why the module took no compiler, for the error message.
#]=]
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/EbpfFileState.cmake")

# Clang 11 is the first whose BPF back end emits every CO-RE relocation of bpf_core_read.h.
set(_BpfClang_MINIMUM 11)

# _ebpf_probe_clang(<executable> <major-out> <reason-out>): compiles an empty program for BPF.
function(_ebpf_probe_clang executable major_out reason_out)
  _ebpf_program_state(state "${executable}")
  set(key "${executable} ${state}")
  # The cache keeps the answer until the user names another compiler or the file changes. That saves two
  # processes for each configure run.
  if(NOT _EBPFKIT_CLANG_PROBE STREQUAL key)
    set(major "")
    set(reason "")
    execute_process(
      COMMAND "${executable}" --target=bpf -x c -dM -E /dev/null
      RESULT_VARIABLE result
      OUTPUT_VARIABLE macros
      ERROR_VARIABLE errors)
    if(NOT result EQUAL 0 OR NOT macros MATCHES "#define __clang_major__ ([0-9]+)")
      string(STRIP "${errors}" errors)
      set(reason "it does not run as a clang (${result}) ${errors}")
    else()
      set(major "${CMAKE_MATCH_1}")
      execute_process(
        COMMAND "${executable}" --target=bpf -x c -c /dev/null -o /dev/null
        RESULT_VARIABLE result
        OUTPUT_QUIET
        ERROR_VARIABLE errors)
      string(STRIP "${errors}" errors)
      if(NOT result EQUAL 0)
        set(reason "it has no BPF back end: ${errors}")
      elseif(major LESS _BpfClang_MINIMUM)
        set(reason "it is version ${major}, at least ${_BpfClang_MINIMUM} is needed")
      endif()
    endif()
    set(_EBPFKIT_CLANG_PROBE "${key}" CACHE INTERNAL "clang that was probed last")
    set(_EBPFKIT_CLANG_MAJOR "${major}" CACHE INTERNAL "its major version")
    set(_EBPFKIT_CLANG_REASON "${reason}" CACHE INTERNAL "why it is not usable")
  endif()
  set(${major_out} "${_EBPFKIT_CLANG_MAJOR}" PARENT_SCOPE)
  set(${reason_out} "${_EBPFKIT_CLANG_REASON}" PARENT_SCOPE)
endfunction()

function(_ebpf_accept_clang accepted_out candidate)
  _ebpf_probe_clang("${candidate}" major reason)
  if(NOT reason STREQUAL "")
    set_property(GLOBAL APPEND_STRING PROPERTY _EBPF_CLANG_REASONS "\n  ${candidate}: ${reason}")
    set(${accepted_out} FALSE PARENT_SCOPE)
  endif()
endfunction()

set_property(GLOBAL PROPERTY _EBPF_CLANG_REASONS "")
find_program(
  EBPFKIT_CLANG
  NAMES clang clang-24 clang-23 clang-22 clang-21 clang-20 clang-19 clang-18 clang-17 clang-16
        clang-15 clang-14 clang-13 clang-12 clang-11 VALIDATOR _ebpf_accept_clang
  NO_CMAKE_FIND_ROOT_PATH
  DOC "clang with a BPF back end")
get_property(BpfClang_REASON GLOBAL PROPERTY _EBPF_CLANG_REASONS)
set(BpfClang_MAJOR "")
if(EBPFKIT_CLANG AND NOT EXISTS "${EBPFKIT_CLANG}")
  set(BpfClang_REASON "\n  EBPFKIT_CLANG='${EBPFKIT_CLANG}': there is no such file")
elseif(EBPFKIT_CLANG)
  _ebpf_probe_clang("${EBPFKIT_CLANG}" BpfClang_MAJOR _BpfClang_reason)
  if(NOT _BpfClang_reason STREQUAL "")
    set(BpfClang_MAJOR "")
    set(BpfClang_REASON "\n  EBPFKIT_CLANG='${EBPFKIT_CLANG}': ${_BpfClang_reason}")
  endif()
endif()
set(BpfClang_VERSION "${BpfClang_MAJOR}")

include(FindPackageHandleStandardArgs)
# The function below splits its arguments at semicolons.
string(REPLACE ";" "," _BpfClang_message "${BpfClang_REASON}")
find_package_handle_standard_args(
  BpfClang REQUIRED_VARS EBPFKIT_CLANG BpfClang_MAJOR
  VERSION_VAR BpfClang_VERSION HANDLE_VERSION_RANGE REASON_FAILURE_MESSAGE "${_BpfClang_message}")
