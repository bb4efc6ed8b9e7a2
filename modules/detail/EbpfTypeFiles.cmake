# Files of types: what ebpf_generate_bindings and ebpf_export_types share.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_check_type_source(<command>)
#
# Fatal when the keywords that say where types come from exclude each other or lack something. Reads the
# arg_* variables of the command, its caller.
function(_ebpf_check_type_source command)
  set(sources "")
  foreach(keyword BTF BTFS PROGRAM HEADERS)
    if(DEFINED arg_${keyword})
      list(APPEND sources ${keyword})
    endif()
  endforeach()
  list(LENGTH sources count)
  if(count GREATER 1)
    list(JOIN sources " and " sources)
    message(FATAL_ERROR "${command}: ${sources} exclude each other.\n"
                        "  Types come from one place.")
  endif()
  foreach(keyword BTFS PROGRAM HEADERS)
    if(DEFINED arg_BTF_BASE AND DEFINED arg_${keyword})
      message(FATAL_ERROR "${command}: BTF_BASE and ${keyword} exclude each other.\n"
                          "  BTF_BASE is the base of one BTF: write BTF <file> BTF_BASE <file>.")
    endif()
  endforeach()
  foreach(keyword INCLUDE_DIRECTORIES OPTIONS)
    if(DEFINED arg_${keyword} AND NOT DEFINED arg_HEADERS)
      message(FATAL_ERROR "${command}: ${keyword} is for HEADERS, which is not given.\n"
                          "  Leave ${keyword} out, or name the headers.")
    endif()
  endforeach()
endfunction()

# _ebpf_check_header_name(<command>): fatal unless arg_HEADER is a file name without directories.
function(_ebpf_check_header_name command)
  if(NOT arg_HEADER MATCHES "^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    message(FATAL_ERROR "${command}: HEADER '${arg_HEADER}' is not a plain file name.\n"
                        "  Write a name without directories, such as vmlinux.h.")
  endif()
endfunction()

# _ebpf_type_source(<command>)
#
# Sets variables for _ebpf_types_file and _ebpf_types_library (caller's scope):
# source: the arguments by which the host tool reads the types.
# dependencies: files that the rule depends on.
# btf, btf_base: the one BTF that the types come from and its base; empty for other sources.
# Reads name and the arg_* variables of the command.
function(_ebpf_type_source command)
  set(btf "")
  set(btf_base "")
  if(DEFINED arg_PROGRAM)
    get_target_property(object ${arg_PROGRAM} EBPF_OBJECT)
    set(source --btf "${object}" --object --source-label "BPF program ${arg_PROGRAM}")
    set(dependencies "${object}" ${arg_PROGRAM})
  elseif(DEFINED arg_HEADERS)
    _ebpf_header_types(${command} ${name} object label)
    set(source --btf "${object}" --source-label "C headers" --fixed-layout "${label}")
    set(dependencies "${object}")
  elseif(DEFINED arg_BTFS)
    _ebpf_btf_sources(${command} dependencies source ${arg_BTFS})
  else()
    _ebpf_btf_source(${command} btf btf_base source dependencies "${arg_BTF}" "${arg_BTF_BASE}")
  endif()
  if(NOT DEFINED arg_PROGRAM)
    _ebpf_target_arch(arch)
    if(NOT arch STREQUAL "")
      list(APPEND source --arch ${arch})
    endif()
  endif()
  foreach(variable btf btf_base source dependencies)
    set(${variable} "${${variable}}" PARENT_SCOPE)
  endforeach()
endfunction()

# _ebpf_types_file(<file> <argument of the host tool>...)
#
# Adds the rule for one file. Reads name, selection and what _ebpf_type_source sets.
function(_ebpf_types_file file)
  _ebpf_tool_output(output "${file}")
  cmake_path(GET file FILENAME file_name)
  _ebpf_watch_inputs(watched OUTPUT "${file}" DEPFILE "${file}.d" INPUTS ${dependencies})
  # The depfile lists the files behind names in the BTF cache.
  add_custom_command(
    OUTPUT "${file}"
    COMMAND EbpfKit::ebpfkit ${ARGN} ${source} ${selection} --depfile "${file}.d" ${output}
    DEPENDS ${dependencies} EbpfKit::ebpfkit ${watched}
    DEPFILE "${file}.d"
    COMMENT "Generating kernel types ${name}/${file_name}"
    VERBATIM)
endfunction()

# _ebpf_types_library(<kind> <file>)
#
# Adds the INTERFACE library <name> that makes the file usable. Reads name and what _ebpf_type_source sets.
function(_ebpf_types_library kind file)
  cmake_path(GET file PARENT_PATH include_directory)
  add_library(${name} INTERFACE "${file}")
  target_include_directories(${name} INTERFACE "${include_directory}")
  set(hook_words "")
  if(NOT DEFINED arg_HEADERS AND NOT DEFINED arg_PROGRAM)
    _ebpf_kernels_of_hooks(hook_words ${source})
  endif()
  set_target_properties(
    ${name}
    PROPERTIES EBPF_KIND ${kind}
               EBPF_HOOK_WORDS "${hook_words}"
               EBPF_HEADER "${file}"
               EBPF_BTF "${btf}"
               EBPF_BTF_BASE "${btf_base}")
endfunction()
