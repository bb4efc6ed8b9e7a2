# Linking objects whose byte order is not this machine's.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_check_linker(<command>)
#
# Older bpftools do not link objects of the other byte order. A single source needs no linking: llvm-objcopy
# removes its DWARF. Reads endian. Sets EBPFKIT_LLVM_OBJCOPY (cache) and use_objcopy (caller's scope).
function(_ebpf_check_linker command)
  set(use_objcopy FALSE)
  _ebpf_find_architecture(host "${CMAKE_HOST_SYSTEM_PROCESSOR}")
  set(links TRUE)
  if(NOT endian STREQUAL host_ORDER)
    _ebpf_bpftool_links(links "${endian}")
  endif()
  if(NOT links)
    list(LENGTH arg_SOURCES source_count)
    if(source_count GREATER 1)
      _ebpf_linking_error()
    endif()
    find_program(
      EBPFKIT_LLVM_OBJCOPY
      NAMES llvm-objcopy llvm-objcopy-${BpfClang_MAJOR}
      HINTS "/usr/lib/llvm-${BpfClang_MAJOR}/bin"
      NO_CMAKE_FIND_ROOT_PATH
      DOC "llvm-objcopy, for objects of another byte order")
    if(NOT EBPFKIT_LLVM_OBJCOPY)
      _ebpf_install_hint(install_hint llvm)
      message(
        FATAL_ERROR
          "${command}: ENDIAN ${endian} needs llvm-objcopy, because '${EBPFKIT_BPFTOOL}' does not link objects of that byte order.\n"
          "${install_hint}\n  Or name one: -DEBPFKIT_LLVM_OBJCOPY=<path>, or a newer bpftool: -DEBPFKIT_BPFTOOL=<path>"
      )
    endif()
    set(use_objcopy TRUE)
  endif()
  set(use_objcopy ${use_objcopy} PARENT_SCOPE)
endfunction()

# _ebpf_linking_error(): fatal, because bpftool cannot link the SOURCES of ebpf_add_program, its caller.
function(_ebpf_linking_error)
  list(LENGTH arg_SOURCES source_count)
  _ebpf_require_bpftool(ebpf_add_program)
  message(
    FATAL_ERROR
      "ebpf_add_program: ${source_count} SOURCES cannot be linked for ENDIAN ${endian}: '${EBPFKIT_BPFTOOL}' links objects of this machine's byte order only.\n"
      "  Name a newer bpftool (-DEBPFKIT_BPFTOOL=<path>), or use one source.")
endfunction()

# _ebpf_bpftool_links(<out> <endian>)
#
# Sets <out> to whether EBPFKIT_BPFTOOL links objects of the byte order <endian> (little or big), which is not
# this machine's. libbpf's linker does so from 1.5 on, but the version tells nothing: bpftool 7.5 of Debian 13
# says 'libbpf 1.5' and refuses such objects. So the function links one. The cache keeps the answer until one of
# the two programs changes.
function(_ebpf_bpftool_links out endian)
  set(key "${endian}")
  foreach(program "${EBPFKIT_BPFTOOL}" "${EBPFKIT_CLANG}")
    _ebpf_program_state(state "${program}")
    string(APPEND key " ${program} ${state}")
  endforeach()
  if(NOT _EBPFKIT_BYTE_ORDER_PROBE STREQUAL key)
    string(SUBSTRING "${endian}" 0 1 first)
    set(directory "${CMAKE_BINARY_DIR}/ebpfkit/byte-order-probe")
    file(MAKE_DIRECTORY "${directory}")
    file(WRITE "${directory}/probe.c" "int probe;\n")
    # The second command fails when the first one did.
    execute_process(COMMAND "${EBPFKIT_CLANG}" --target=bpfe${first} -O2 -g -c probe.c -o probe.o
                    WORKING_DIRECTORY "${directory}" OUTPUT_QUIET ERROR_QUIET)
    execute_process(
      COMMAND "${EBPFKIT_BPFTOOL}" gen object linked.o probe.o
      WORKING_DIRECTORY "${directory}"
      RESULT_VARIABLE result
      OUTPUT_QUIET ERROR_QUIET)
    file(REMOVE_RECURSE "${directory}")
    set(links FALSE)
    if(result EQUAL 0)
      set(links TRUE)
    endif()
    set(_EBPFKIT_BYTE_ORDER_PROBE "${key}" CACHE INTERNAL "programs that were tried last")
    set(_EBPFKIT_BYTE_ORDER_LINKS "${links}" CACHE INTERNAL "whether they link that byte order")
  endif()
  set(${out} "${_EBPFKIT_BYTE_ORDER_LINKS}" PARENT_SCOPE)
endfunction()
