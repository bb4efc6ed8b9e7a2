# The one place that composes a BPF compile command. The build and the compilation database use it.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_compile_flags(<before-out> <behind-out>)
#
# Sets the two to clang's arguments before and behind those that users give (_ebpf_usage_flags), without input
# and output. Reads arch, endian, mcpu, and libbpf_program_headers and BpfClang_MAJOR (_ebpf_require_*). The
# command must run in PROJECT_SOURCE_DIR. Every argument is one word (-isystemDIR), because target properties
# drop repeated words. CMAKE_C_FLAGS and directory options are never read.
function(_ebpf_compile_flags before_out behind_out)
  set(triple bpfel)
  if(endian STREQUAL "big")
    set(triple bpfeb)
  endif()
  set(no_config "")
  # Vendors' configuration files and hardening defaults are for host programs.
  if(BpfClang_MAJOR GREATER_EQUAL 16)
    set(no_config --no-default-config)
  endif()
  # The same bytes wherever the directories lie: no absolute path enters the object. The project's
  # directory becomes "." and not a made-up name, because clang reads the text of source lines for
  # .BTF.ext (the verifier prints them) through the mapped name. Of two prefixes that match, clang
  # takes the longer (before 16) or the later (from 16 on), so the build directory comes last.
  #
  # -nostdlibinc: UAPI headers come from the target's C library and from nowhere else.
  set(${before_out}
      --target=${triple}
      -mcpu=${mcpu}
      -O2
      -g
      -Wall
      -D__TARGET_ARCH_${arch}
      ${no_config}
      -fno-stack-protector
      -fno-ident
      -fdebug-compilation-dir=.
      "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=."
      "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build"
      -nostdlibinc
      PARENT_SCOPE)
  _ebpf_system_include_directories(system_directories)
  list(TRANSFORM system_directories PREPEND -idirafter)
  set(${behind_out} "-isystem${libbpf_program_headers}" ${system_directories} PARENT_SCOPE)
endfunction()

# _ebpf_usage_flags(<out> <target>)
#
# Sets <out> to a generator expression for the arguments that users give: options, definitions and include
# directories in the usage requirements of <target>.
function(_ebpf_usage_flags out target)
  # Empty halves (PRIVATE only, INTERFACE only) must not become empty arguments.
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
