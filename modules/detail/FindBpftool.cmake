#[=[.rst:
FindBpftool
-----------

Finds bpftool and runs it, because distributions install wrappers that exist but fail for the running kernel.
EbpfKit's commands call the module with ``find_package``. A minimum version, a version range, ``QUIET`` and
``REQUIRED`` work as in CMake's own find modules.

``EBPFKIT_BPFTOOL``
  Cache variable: the program. Set it to choose another program.
``Bpftool_FOUND``, ``Bpftool_VERSION``, ``Bpftool_LIBBPF_VERSION``
  From ``bpftool version -j``.
``Bpftool_REASON``
  Why the module took no bpftool, for the error message.
#]=]
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/EbpfFileState.cmake")

# _ebpf_probe_bpftool(<executable> <version-out> <libbpf-out> <reason-out>)
function(_ebpf_probe_bpftool executable version_out libbpf_out reason_out)
  _ebpf_program_state(state "${executable}")
  set(key "${executable} ${state}")
  if(NOT _EBPFKIT_BPFTOOL_PROBE STREQUAL key)
    set(version "")
    set(libbpf "")
    set(reason "")
    execute_process(
      COMMAND "${executable}" version -j
      RESULT_VARIABLE result
      OUTPUT_VARIABLE answer
      ERROR_VARIABLE errors)
    string(JSON version ERROR_VARIABLE json_error GET "${answer}" version)
    if(NOT result EQUAL 0 OR json_error)
      string(STRIP "${errors}" errors)
      set(reason "'version -j' failed (${result}) ${errors}")
      set(version "")
    else()
      string(JSON libbpf ERROR_VARIABLE json_error GET "${answer}" libbpf_version)
      if(json_error)
        set(libbpf "0")
      endif()
      execute_process(
        COMMAND "${executable}" gen help
        RESULT_VARIABLE result
        OUTPUT_VARIABLE help
        ERROR_VARIABLE errors)
      if(NOT "${help}${errors}" MATCHES "gen object" OR NOT "${help}${errors}" MATCHES
                                                        "gen skeleton")
        set(reason "version ${version} has no 'gen object' (bpftool of Linux 5.13 or newer has)")
      endif()
    endif()
    set(_EBPFKIT_BPFTOOL_PROBE "${key}" CACHE INTERNAL "bpftool that was probed last")
    set(_EBPFKIT_BPFTOOL_VERSION "${version}" CACHE INTERNAL "its version")
    set(_EBPFKIT_BPFTOOL_LIBBPF "${libbpf}" CACHE INTERNAL "the version of its libbpf")
    set(_EBPFKIT_BPFTOOL_REASON "${reason}" CACHE INTERNAL "why it is not usable")
  endif()
  set(${version_out} "${_EBPFKIT_BPFTOOL_VERSION}" PARENT_SCOPE)
  set(${libbpf_out} "${_EBPFKIT_BPFTOOL_LIBBPF}" PARENT_SCOPE)
  set(${reason_out} "${_EBPFKIT_BPFTOOL_REASON}" PARENT_SCOPE)
endfunction()

function(_ebpf_accept_bpftool accepted_out candidate)
  _ebpf_probe_bpftool("${candidate}" version libbpf reason)
  if(NOT reason STREQUAL "")
    set_property(GLOBAL APPEND_STRING PROPERTY _EBPF_BPFTOOL_REASONS "\n  ${candidate}: ${reason}")
    set(${accepted_out} FALSE PARENT_SCOPE)
  endif()
endfunction()

set_property(GLOBAL PROPERTY _EBPF_BPFTOOL_REASONS "")
# On Ubuntu the real program of an installed kernel lies in linux-tools. The PATH of users without root has no
# sbin directory.
file(GLOB _Bpftool_linux_tools "/usr/lib/linux-tools/*")
find_program(
  EBPFKIT_BPFTOOL
  NAMES bpftool
  PATHS /usr/sbin /usr/local/sbin /sbin ${_Bpftool_linux_tools} VALIDATOR _ebpf_accept_bpftool
  NO_CMAKE_FIND_ROOT_PATH
  DOC "bpftool")
get_property(Bpftool_REASON GLOBAL PROPERTY _EBPF_BPFTOOL_REASONS)
set(Bpftool_VERSION "")
set(Bpftool_LIBBPF_VERSION "")
if(EBPFKIT_BPFTOOL AND NOT EXISTS "${EBPFKIT_BPFTOOL}")
  set(Bpftool_REASON "\n  EBPFKIT_BPFTOOL='${EBPFKIT_BPFTOOL}': there is no such file")
elseif(EBPFKIT_BPFTOOL)
  _ebpf_probe_bpftool("${EBPFKIT_BPFTOOL}" Bpftool_VERSION Bpftool_LIBBPF_VERSION _Bpftool_reason)
  if(NOT _Bpftool_reason STREQUAL "")
    set(Bpftool_VERSION "")
    set(Bpftool_REASON "\n  EBPFKIT_BPFTOOL='${EBPFKIT_BPFTOOL}': ${_Bpftool_reason}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
# The function below splits its arguments at semicolons.
string(REPLACE ";" "," _Bpftool_message "${Bpftool_REASON}")
find_package_handle_standard_args(
  Bpftool REQUIRED_VARS EBPFKIT_BPFTOOL Bpftool_VERSION
  VERSION_VAR Bpftool_VERSION HANDLE_VERSION_RANGE REASON_FAILURE_MESSAGE "${_Bpftool_message}")
