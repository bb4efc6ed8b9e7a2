# EBPFKIT_OPTIMIZE_SIZE: applications of few bytes. Everything is a usage requirement of EbpfKit::runtime and of
# skeletons, so it reaches what links them and nothing else. The configuration Debug stays as it is.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_optimize_size(<target>)
#
# With EBPFKIT_OPTIMIZE_SIZE, compiles <target> and what links it for size. The linker removes unused sections
# from programs that link it, and writes <program>.map beside each. Exported targets do not pass that on.
function(_ebpf_optimize_size target)
  if(NOT EBPFKIT_OPTIMIZE_SIZE)
    return()
  endif()
  set(languages "$<OR:$<COMPILE_LANG_AND_ID:C,GNU,Clang>,$<COMPILE_LANG_AND_ID:CXX,GNU,Clang>>")
  foreach(option -Os -ffunction-sections -fdata-sections)
    target_compile_options(
      ${target} PUBLIC "$<BUILD_INTERFACE:$<$<AND:$<NOT:$<CONFIG:Debug>>,${languages}>:${option}>>")
  endforeach()
  # Not LINKER:, which takes a comma in the path for its own.
  set(map "SHELL:-Xlinker \"-Map=$<TARGET_FILE:$<TARGET_PROPERTY:NAME>>.map\"")
  foreach(option LINKER:--gc-sections "${map}")
    _ebpf_program_option(LINK ${target} "${option}")
  endforeach()
endfunction()

# _ebpf_program_option(COMPILE|LINK <target> <option>)
#
# The option reaches the programs that link <target>: C++ files among their sources, or their linker.
function(_ebpf_program_option step target option)
  set(condition "$<NOT:$<CONFIG:Debug>>,$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>")
  if(step STREQUAL "COMPILE")
    string(APPEND condition ",$<COMPILE_LANGUAGE:CXX>")
    target_compile_options(${target}
                           INTERFACE "$<BUILD_INTERFACE:$<$<AND:${condition}>:${option}>>")
  else()
    target_link_options(${target} INTERFACE "$<BUILD_INTERFACE:$<$<AND:${condition}>:${option}>>")
  endif()
endfunction()

# _ebpf_optimize_runtime(<objects> <library> <source>...)
#
# Does more for the runtime: <objects> compiles its files, <library> is the archive of them. With
# link-time optimisation, programs keep less of it (docs/runtime-size.md has the figures). Libraries of the consumer
# take no part, because archives of such objects need a special archiver and serve one compiler only. The files
# do without exceptions, unless a function of the application runs under one of theirs (<source>...): an exception
# that the function throws must reach its caller.
function(_ebpf_optimize_runtime objects library)
  if(NOT EBPFKIT_OPTIMIZE_SIZE OR NOT CMAKE_CXX_COMPILER_ID MATCHES "^(GNU|Clang)$")
    return()
  endif()
  set(is_used "$<NOT:$<CONFIG:Debug>>")
  target_compile_options(${objects} PRIVATE "$<${is_used}:-Os>")
  get_target_property(sources ${objects} SOURCES)
  list(REMOVE_ITEM sources ${ARGN})
  set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS "$<${is_used}:-fno-exceptions>")
  _ebpf_link_time_flag(flag)
  if(flag STREQUAL "")
    return()
  endif()
  target_compile_options(${objects} PRIVATE "$<${is_used}:${flag}>")
  _ebpf_program_option(COMPILE ${library} "${flag}")
  _ebpf_program_option(LINK ${library} "${flag}")
  # The archiver must know such objects.
  set_target_properties(${library} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON
                                              INTERPROCEDURAL_OPTIMIZATION_DEBUG OFF)
endfunction()

# _ebpf_link_time_flag(<out>)
#
# Sets <out> to the compiler's flag for link-time optimisation, or to "" when it does not work here, or when the
# user switched it off (CMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF).
function(_ebpf_link_time_flag out)
  set(${out} "" PARENT_SCOPE)
  if(DEFINED CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    # With ON, CMake sets the flag for all targets.
    return()
  endif()
  _ebpf_program_state(state "${CMAKE_CXX_COMPILER}")
  set(key "${CMAKE_CXX_COMPILER} ${CMAKE_CXX_FLAGS} ${CMAKE_EXE_LINKER_FLAGS} ${state}")
  if(NOT _EBPFKIT_LTO_PROBE STREQUAL key)
    include(CheckIPOSupported)
    check_ipo_supported(RESULT works LANGUAGES CXX)
    set(_EBPFKIT_LTO_PROBE "${key}" CACHE INTERNAL
                                          "C++ compiler whose link-time optimisation was probed")
    set(_EBPFKIT_LTO_WORKS "${works}" CACHE INTERNAL "whether it works")
  endif()
  if(NOT _EBPFKIT_LTO_WORKS)
    message(
      STATUS
        "EBPFKIT_OPTIMIZE_SIZE: without link-time optimisation, which this compiler and linker lack"
    )
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL
                                                  10)
    set(${out} "-flto=auto" PARENT_SCOPE)
  else()
    set(${out} "-flto" PARENT_SCOPE)
  endif()
endfunction()
