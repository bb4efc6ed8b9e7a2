# Types of C headers, for kernels without BTF.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_header_types(<command> <name> <object-out> <label-out>)
#
# Adds the rule that makes an object whose BTF has the types. Reads arg_HEADERS, arg_TYPES,
# arg_INCLUDE_DIRECTORIES and arg_OPTIONS of the command. Sets <label-out> to the headers for which the
# offsets hold.
function(_ebpf_header_types command name object_out label_out)
  _ebpf_require_clang(${command})
  set(triple "${CMAKE_C_COMPILER_TARGET}")
  if(triple STREQUAL "")
    set(triple "${CMAKE_CXX_COMPILER_TARGET}")
  endif()
  if(triple STREQUAL "" AND NOT "${CMAKE_LIBRARY_ARCHITECTURE}" STREQUAL "")
    set(triple "${CMAKE_LIBRARY_ARCHITECTURE}")
  elseif(triple STREQUAL "")
    set(triple "${CMAKE_SYSTEM_PROCESSOR}-linux-gnu")
  endif()
  set(directories "")
  foreach(directory IN LISTS arg_INCLUDE_DIRECTORIES)
    cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    if(NOT IS_DIRECTORY "${directory}")
      message(FATAL_ERROR "${command}: INCLUDE_DIRECTORIES '${directory}' is not a directory.\n"
                          "  Name the directories that '#include <${arg_HEADERS}>' starts at.")
    endif()
    list(APPEND directories "${directory}")
  endforeach()
  _ebpf_system_include_directories(system_directories)

  set(compiler "${EBPFKIT_CLANG}" --target=${triple} -nostdlibinc)
  foreach(directory IN LISTS directories)
    list(APPEND compiler "-I${directory}")
  endforeach()
  foreach(directory IN LISTS system_directories)
    list(APPEND compiler "-idirafter${directory}")
  endforeach()
  set(object "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}/headers.bpf.o")
  list(TRANSFORM arg_HEADERS PREPEND "--header=" OUTPUT_VARIABLE headers)
  list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE types)
  _ebpf_watch_inputs(watched OUTPUT "${object}" DEPFILE "${object}.d" INPUTS "${EBPFKIT_CLANG}")
  add_custom_command(
    OUTPUT "${object}"
    COMMAND EbpfKit::ebpfkit export headers ${headers} ${types} --output "${object}" --depfile
            "${object}.d" -- ${compiler} ${arg_OPTIONS}
    DEPENDS "${EBPFKIT_CLANG}" EbpfKit::ebpfkit ${watched}
    DEPFILE "${object}.d"
    COMMENT "Taking types of ${name} from C headers"
    VERBATIM)

  list(JOIN arg_HEADERS ", " label)
  _ebpf_headers_release(release ${directories} ${system_directories})
  if(NOT release STREQUAL "")
    string(APPEND label " of Linux ${release}")
  endif()
  set(${object_out} "${object}" PARENT_SCOPE)
  set(${label_out} "${label} for ${triple}" PARENT_SCOPE)
endfunction()

# _ebpf_headers_release(<out> <directory>...)
#
# Sets <out> to the release of the first directory that has kernel headers, or to "". A configured kernel tree
# has generated/utsrelease.h, installed headers have linux/version.h.
function(_ebpf_headers_release out)
  set(release "")
  foreach(directory IN LISTS ARGN)
    if(EXISTS "${directory}/generated/utsrelease.h")
      file(STRINGS "${directory}/generated/utsrelease.h" line REGEX "UTS_RELEASE")
      if(line MATCHES "\"([A-Za-z0-9._+~-]+)\"")
        set(release "${CMAKE_MATCH_1}")
        break()
      endif()
    endif()
    if(EXISTS "${directory}/linux/version.h")
      file(STRINGS "${directory}/linux/version.h" line REGEX "define LINUX_VERSION_CODE [0-9]+")
      if(line MATCHES "LINUX_VERSION_CODE ([0-9]+)")
        math(EXPR major "${CMAKE_MATCH_1} >> 16")
        math(EXPR minor "(${CMAKE_MATCH_1} >> 8) & 255")
        math(EXPR patch "${CMAKE_MATCH_1} & 255")
        set(release "${major}.${minor}.${patch}")
        break()
      endif()
    endif()
  endforeach()
  set(${out} "${release}" PARENT_SCOPE)
endfunction()
