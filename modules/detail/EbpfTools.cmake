# Tools are found when a command first needs them; a missing one is one error with its packages.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_require_clang(<command>): sets EBPFKIT_CLANG (cache) and BpfClang_MAJOR (caller's scope).
function(_ebpf_require_clang command)
  include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../FindBpfClang.cmake")
  if(NOT BpfClang_FOUND)
    message(
      FATAL_ERROR
        "${command}: no clang that compiles for BPF was found.${BpfClang_REASON}\n"
        "  Debian, Ubuntu: apt install clang\n  Fedora: dnf install clang\n"
        "  Or name one: -DEBPFKIT_CLANG=<path>")
  endif()
  set(BpfClang_MAJOR "${BpfClang_MAJOR}" PARENT_SCOPE)
endfunction()

# _ebpf_require_bpftool(<command>): sets EBPFKIT_BPFTOOL (cache), Bpftool_VERSION and
# Bpftool_LIBBPF_VERSION (caller's scope).
function(_ebpf_require_bpftool command)
  include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../FindBpftool.cmake")
  if(NOT Bpftool_FOUND)
    message(
      FATAL_ERROR
        "${command}: no bpftool that runs was found.${Bpftool_REASON}\n"
        "  Debian: apt install bpftool\n  Ubuntu: apt install linux-tools-generic\n"
        "  Fedora: dnf install bpftool\n  Or name one: -DEBPFKIT_BPFTOOL=<path>")
  endif()
  set(Bpftool_VERSION "${Bpftool_VERSION}" PARENT_SCOPE)
  set(Bpftool_LIBBPF_VERSION "${Bpftool_LIBBPF_VERSION}" PARENT_SCOPE)
endfunction()

# _ebpf_require_libbpf(<command> [LIBRARY])
#
# Sets libbpf_program_headers (caller's scope): a directory that holds bpf/*.h and nothing else, for BPF
# compiles; the one that was found is often /usr/include, whose other headers would come along. With
# LIBRARY also the target Libbpf::libbpf must exist.
function(_ebpf_require_libbpf command)
  include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../FindLibbpf.cmake")
  if(Libbpf_FOUND AND "LIBRARY" IN_LIST ARGN AND NOT TARGET Libbpf::libbpf)
    set(Libbpf_FOUND FALSE)
    if(Libbpf_REASON STREQUAL "")
      set(Libbpf_REASON
          "\n  the headers are there, the library for ${CMAKE_SYSTEM_PROCESSOR} is not")
    endif()
  endif()
  if(NOT Libbpf_FOUND)
    message(
      FATAL_ERROR
        "${command}: libbpf was not found for the target system.${Libbpf_REASON}\n"
        "  Debian, Ubuntu: apt install libbpf-dev\n  Fedora: dnf install libbpf-devel\n"
        "  Or name it: -DEBPFKIT_LIBBPF_INCLUDE_DIR=<dir> -DEBPFKIT_LIBBPF_LIBRARY=<file>")
  endif()
  set(headers "${CMAKE_BINARY_DIR}/ebpfkit/libbpf-headers")
  file(MAKE_DIRECTORY "${headers}")
  file(CREATE_LINK "${EBPFKIT_LIBBPF_INCLUDE_DIR}/bpf" "${headers}/bpf" SYMBOLIC)
  # What the link leads to, for compiles to depend on; written only when it changes.
  file(CONFIGURE OUTPUT "${headers}.txt" CONTENT "@EBPFKIT_LIBBPF_INCLUDE_DIR@\n" @ONLY)
  set(libbpf_program_headers "${headers}" PARENT_SCOPE)
endfunction()
