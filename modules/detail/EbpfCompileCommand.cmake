# The one place that composes a BPF compile command. The build and the compilation database use it.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_compile_flags(<before-out> <behind-out>)
#
# Users give arguments of their own (_ebpf_usage_flags). Sets <before-out> and <behind-out> to clang's
# arguments before and behind those, without input and output. compile_flags.txt lists them. Reads arch, endian,
# mcpu, and libbpf_program_headers and BpfClang_MAJOR (_ebpf_require_*). The command must run in
# PROJECT_SOURCE_DIR. Never reads CMAKE_C_FLAGS or directory options.
function(_ebpf_compile_flags before_out behind_out)
  set(TRIPLE bpfel)
  if(endian STREQUAL "big")
    set(TRIPLE bpfeb)
  endif()
  set(MCPU "${mcpu}")
  set(ARCH "${arch}")
  set(SOURCE_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set(BUILD_DIRECTORY "${CMAKE_BINARY_DIR}")
  set(LIBBPF "${libbpf_program_headers}")
  cmake_path(GET CMAKE_CURRENT_FUNCTION_LIST_DIR PARENT_PATH MODULES)
  _ebpf_system_include_directories(system_directories)
  set(before "")
  set(behind "")
  file(STRINGS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/compile_flags.txt" lines REGEX "^[a-z]")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^(before|behind)(-[a-z0-9]+)? +(.+)$")
      message(FATAL_ERROR "EbpfKit: compile_flags.txt has the line '${line}'.\n"
                          "  Install EbpfKit again.")
    endif()
    set(part ${CMAKE_MATCH_1})
    string(REPLACE "-" "" condition "${CMAKE_MATCH_2}")
    set(flag "${CMAKE_MATCH_3}")
    if(condition STREQUAL "each")
      foreach(SYSTEM IN LISTS system_directories)
        string(CONFIGURE "${flag}" word @ONLY)
        list(APPEND ${part} "${word}")
      endforeach()
    elseif(condition STREQUAL "" OR BpfClang_MAJOR GREATER_EQUAL condition)
      string(CONFIGURE "${flag}" word @ONLY)
      list(APPEND ${part} "${word}")
    endif()
  endforeach()
  set(${before_out} "${before}" PARENT_SCOPE)
  set(${behind_out} "${behind}" PARENT_SCOPE)
endfunction()

# _ebpf_usage_flags(<out> <target>)
#
# Sets <out> to a generator expression for the arguments that users give: options, definitions and include
# directories in the usage requirements of <target>.
function(_ebpf_usage_flags out target)
  # PRIVATE and INTERFACE settings are two halves of a property. An empty half must not become an empty
  # argument.
  foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES)
    set(${property} "$<TARGET_PROPERTY:${target},INTERFACE_${property}>")
    set(${property} "$<REMOVE_DUPLICATES:$<FILTER:${${property}},EXCLUDE,^$>>")
  endforeach()
  set(${out}
      "${COMPILE_OPTIONS};$<$<BOOL:${COMPILE_DEFINITIONS}>:-D$<JOIN:${COMPILE_DEFINITIONS},;-D>>;$<$<BOOL:${INCLUDE_DIRECTORIES}>:-I$<JOIN:${INCLUDE_DIRECTORIES},;-I>>"
      PARENT_SCOPE)
endfunction()

# _ebpf_compiler_launcher(<out>): EBPFKIT_COMPILER_LAUNCHER, else the launcher of C, else that of C++.
function(_ebpf_compiler_launcher out)
  set(launcher "")
  foreach(variable EBPFKIT_COMPILER_LAUNCHER CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER)
    if(DEFINED ${variable})
      set(launcher "${${variable}}")
      break()
    endif()
  endforeach()
  set(${out} "${launcher}" PARENT_SCOPE)
endfunction()
