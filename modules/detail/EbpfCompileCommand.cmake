# The one place that composes a BPF compile command. The build and the compilation database use it.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_compile_flags(<before-out> <behind-out>)
#
# Users give arguments of their own (_ebpf_usage_flags). Sets <before-out> and <behind-out> to clang's
# arguments before and behind those, without input and output. Reads arch, endian, mcpu, and
# libbpf_program_headers and BpfClang_MAJOR (_ebpf_require_*). The command must run in PROJECT_SOURCE_DIR.
# Every argument is one word (-isystemDIR), because target properties drop repeated words. Never reads
# CMAKE_C_FLAGS or directory options.
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
  # No absolute path enters the object, so its bytes do not depend on where the directories lie. The project's
  # directory becomes "." and not a made-up name, because clang reads the text of source lines for
  # .BTF.ext (the verifier prints them) through the mapped name. The build directory becomes a name that no
  # directory has. With "build", only builds in <source>/build would have the lines of generated files. When two
  # prefixes match, clang before 16 takes the longer one, and clang from 16 on the later one. So the build
  # directory comes last.
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
      "-ffile-prefix-map=${CMAKE_BINARY_DIR}=<build>"
      -nostdlibinc
      PARENT_SCOPE)
  _ebpf_system_include_directories(system_directories)
  # Searched last: the target's own files come first where they are installed.
  list(APPEND system_directories "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/libc_stubs")
  # For <ebpfkit/bpf_compat.h>.
  cmake_path(SET bpf_headers NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../bpf_headers")
  list(APPEND system_directories "${bpf_headers}")
  list(TRANSFORM system_directories PREPEND -idirafter)
  set(${behind_out} "-isystem${libbpf_program_headers}" ${system_directories} PARENT_SCOPE)
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
