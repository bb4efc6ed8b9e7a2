# A command looks for a tool when it first needs it. A missing tool is one error that names its packages.
#
# One configure run looks for each tool once. Global properties hold what the run found and the value of the
# variable that it was found for. So a directory may set EBPFKIT_CLANG to another compiler, which is then
# checked too. The find modules keep in the cache what they learned about a program, and compare the time of
# its file. So the next configure run starts no process.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_require_clang(<command>): sets EBPFKIT_CLANG (cache) and BpfClang_MAJOR (caller's scope).
function(_ebpf_require_clang command)
  get_property(checked GLOBAL PROPERTY _EBPF_CHECKED_CLANG)
  if(NOT checked OR NOT checked STREQUAL EBPFKIT_CLANG)
    list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
    find_package(BpfClang QUIET MODULE)
    if(NOT BpfClang_FOUND)
      _ebpf_install_hint(install_hint clang)
      message(
        FATAL_ERROR "${command}: no clang that compiles for BPF was found.${BpfClang_REASON}\n"
                    "${install_hint}\n  Or name one: -DEBPFKIT_CLANG=<path>")
    endif()
    set_property(GLOBAL PROPERTY _EBPF_CHECKED_CLANG "${EBPFKIT_CLANG}")
    set_property(GLOBAL PROPERTY _EBPF_CLANG_MAJOR "${BpfClang_MAJOR}")
  endif()
  get_property(major GLOBAL PROPERTY _EBPF_CLANG_MAJOR)
  set(BpfClang_MAJOR "${major}" PARENT_SCOPE)
endfunction()

# _ebpf_require_bpftool(<command>): sets EBPFKIT_BPFTOOL (cache).
function(_ebpf_require_bpftool command)
  get_property(checked GLOBAL PROPERTY _EBPF_CHECKED_BPFTOOL)
  if(NOT checked OR NOT checked STREQUAL EBPFKIT_BPFTOOL)
    list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
    find_package(Bpftool QUIET MODULE)
    if(NOT Bpftool_FOUND)
      _ebpf_install_hint(install_hint bpftool)
      message(FATAL_ERROR "${command}: no bpftool that runs was found.${Bpftool_REASON}\n"
                          "${install_hint}\n  Or name one: -DEBPFKIT_BPFTOOL=<path>")
    endif()
    set_property(GLOBAL PROPERTY _EBPF_CHECKED_BPFTOOL "${EBPFKIT_BPFTOOL}")
  endif()
endfunction()

# _ebpf_require_libbpf(<command> [LIBRARY])
#
# Sets libbpf_program_headers (caller's scope): a directory for BPF compiles that holds bpf/*.h and nothing
# else. libbpf's own directory is often /usr/include, and its other headers would come along. With LIBRARY the
# target Libbpf::libbpf must exist too.
function(_ebpf_require_libbpf command)
  set(libbpf_program_headers "${CMAKE_BINARY_DIR}/ebpfkit/libbpf-headers")
  set(libbpf_program_headers "${libbpf_program_headers}" PARENT_SCOPE)
  get_property(checked GLOBAL PROPERTY _EBPF_CHECKED_LIBBPF)
  set(wanted "${EBPFKIT_LIBBPF_INCLUDE_DIR}|${EBPFKIT_LIBBPF_LIBRARY}")
  if(checked AND checked STREQUAL wanted AND (NOT "${ARGN}" STREQUAL "LIBRARY" OR TARGET
                                                                                  Libbpf::libbpf))
    return()
  endif()
  _ebpf_lock_build_directory("${command}")
  list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
  if("${ARGN}" STREQUAL "LIBRARY")
    find_package(Libbpf 1.1 QUIET MODULE COMPONENTS library)
  else()
    find_package(Libbpf 1.1 QUIET MODULE)
  endif()
  if(NOT Libbpf_FOUND)
    _ebpf_install_hint(install_hint libbpf)
    _ebpf_damaged_compiler_hint(damage_hint)
    message(
      FATAL_ERROR
        "${command}: libbpf was not found for the target system.${Libbpf_REASON}\n"
        "${damage_hint}${install_hint}\n"
        "  Or name it: -DEBPFKIT_LIBBPF_INCLUDE_DIR=<dir> -DEBPFKIT_LIBBPF_LIBRARY=<file>")
  endif()
  file(MAKE_DIRECTORY "${libbpf_program_headers}")
  file(CREATE_LINK "${EBPFKIT_LIBBPF_INCLUDE_DIR}/bpf" "${libbpf_program_headers}/bpf" SYMBOLIC)
  # Compiles depend on this file, which says where the link leads. file(CONFIGURE) writes it only when
  # that changes.
  file(CONFIGURE OUTPUT "${libbpf_program_headers}.txt" CONTENT "@EBPFKIT_LIBBPF_INCLUDE_DIR@\n"
       @ONLY)
  set_property(GLOBAL PROPERTY _EBPF_CHECKED_LIBBPF
                               "${EBPFKIT_LIBBPF_INCLUDE_DIR}|${EBPFKIT_LIBBPF_LIBRARY}")
endfunction()
