# Libraries that carry bytes: the object of a skeleton, the BTF of ebpf_embed_btf.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_bytes_symbol(<out> <name>)
#
# Sets <out> to the C identifier that begins the symbols of the bytes in the target <name>. Libraries of
# several projects may meet in one application, and each may call its target 'skeleton'. The linker would
# give all of them the first one's bytes, so the symbol has the project's name in it.
function(_ebpf_bytes_symbol out name)
  set(text "${PROJECT_NAME}_${name}")
  string(MAKE_C_IDENTIFIER "${text}" symbol)
  if(NOT symbol STREQUAL text)
    string(SHA256 digest "${PROJECT_NAME} ${name}")
    string(SUBSTRING "${digest}" 0 8 digest)
    string(APPEND symbol "_${digest}")
  endif()
  set(${out} "${symbol}" PARENT_SCOPE)
endfunction()

# _ebpf_add_bytes_library(<name> <source> <directory> <header>...)
#
# Adds the static library <name> with the source <source>, which takes the bytes in by .incbin. The headers
# lie below <directory>. They are the library's file set HEADERS, which install(TARGETS ... FILE_SET HEADERS)
# installs.
function(_ebpf_add_bytes_library name source directory)
  add_library(${name} STATIC "${source}")
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${directory}" FILES ${ARGN})
  # The user's compiler launchers and checkers are of no use for this source, and ccache does not see what
  # .incbin reads. EBPFKIT_TARGET_LAUNCHER is part of a target's compiler (modules/toolchains). Link-time optimisation loses symbols of top-level assembly.
  set_target_properties(
    ${name}
    PROPERTIES C_COMPILER_LAUNCHER "${EBPFKIT_TARGET_LAUNCHER}"
               CXX_COMPILER_LAUNCHER "${EBPFKIT_TARGET_LAUNCHER}"
               C_CLANG_TIDY ""
               CXX_CLANG_TIDY ""
               C_CPPCHECK ""
               CXX_CPPCHECK ""
               INTERPROCEDURAL_OPTIMIZATION OFF
               UNITY_BUILD OFF
               POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:C,GNU,Clang>:-fno-lto>
                                         $<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang>:-fno-lto>)
endfunction()
