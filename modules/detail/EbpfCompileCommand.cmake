# The one place that composes a BPF compile command. The build and the compilation database use it.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_compile_flags(<out> <program>)
#
# Sets <out> to the list of clang's arguments for the sources of <program>, without input and output.
# Reads libbpf_program_headers and BpfClang_MAJOR (_ebpf_require_*). The command must run in
# PROJECT_SOURCE_DIR. Every argument is one word (-isystemDIR), because target
# properties drop repeated words.
# What users set on the target (options, definitions, include directories, also through linked
# targets, with whatever keyword) is read by generator expressions when the build is generated;
# CMAKE_C_FLAGS and directory options are never read.
function(_ebpf_compile_flags out program)
  get_target_property(arch ${program} EBPF_ARCH)
  get_target_property(endian ${program} EBPF_ENDIAN)
  get_target_property(mcpu ${program} EBPF_MCPU)
  set(triple bpfel)
  if(endian STREQUAL "big")
    set(triple bpfeb)
  endif()

  set(flags --target=${triple} -mcpu=${mcpu} -O2 -g -Wall -D__TARGET_ARCH_${arch})
  # Vendors' configuration files and hardening defaults are for host programs.
  if(BpfClang_MAJOR GREATER_EQUAL 16)
    list(APPEND flags --no-default-config)
  endif()
  list(APPEND flags -fno-stack-protector -fno-ident)

  # The same bytes wherever the directories lie: no absolute path enters the object. The project's
  # directory becomes "." and not a made-up name, because clang reads the text of source lines for
  # .BTF.ext (the verifier prints them) through the mapped name. Of two prefixes that match, clang
  # takes the longer (before 16) or the later (from 16 on), so the build directory comes last.
  list(APPEND flags -fdebug-compilation-dir=. "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=."
       "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build")

  # UAPI headers come from the target's C library and from nowhere else.
  list(APPEND flags -nostdlibinc)

  set(options "$<TARGET_PROPERTY:${program},COMPILE_OPTIONS>"
              "$<TARGET_PROPERTY:${program},INTERFACE_COMPILE_OPTIONS>")
  set(definitions "$<TARGET_PROPERTY:${program},COMPILE_DEFINITIONS>"
                  "$<TARGET_PROPERTY:${program},INTERFACE_COMPILE_DEFINITIONS>")
  set(includes "$<TARGET_PROPERTY:${program},INCLUDE_DIRECTORIES>"
               "$<TARGET_PROPERTY:${program},INTERFACE_INCLUDE_DIRECTORIES>")
  # Empty halves (PRIVATE only, INTERFACE only) must not become empty arguments.
  set(options "$<REMOVE_DUPLICATES:$<FILTER:${options},EXCLUDE,^$>>")
  set(definitions "$<REMOVE_DUPLICATES:$<FILTER:${definitions},EXCLUDE,^$>>")
  set(includes "$<REMOVE_DUPLICATES:$<FILTER:${includes},EXCLUDE,^$>>")
  list(APPEND flags "${options}" "$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},;-D>>"
       "$<$<BOOL:${includes}>:-I$<JOIN:${includes},;-I>>" "-isystem${libbpf_program_headers}")

  _ebpf_system_include_directories(system_directories)
  foreach(directory IN LISTS system_directories)
    list(APPEND flags "-idirafter${directory}")
  endforeach()
  set(${out} "${flags}" PARENT_SCOPE)
endfunction()

# _ebpf_compiler_launcher(<out>): EBPF_COMPILER_LAUNCHER, else the launcher of C, else that of C++.
function(_ebpf_compiler_launcher out)
  set(launcher "")
  foreach(variable EBPF_COMPILER_LAUNCHER CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER)
    if(DEFINED ${variable})
      set(launcher "${${variable}}")
      break()
    endif()
  endforeach()
  set(${out} "${launcher}" PARENT_SCOPE)
endfunction()
