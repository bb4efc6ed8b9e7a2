# EbpfKit::runtime, the C++ library behind skeletons and embedded BTF. It is a static library of the
# consumer's build, named ebpfkit_runtime, which the consumer can install and export. An installed EbpfKit
# brings ready objects, which the library takes when they fit the build. Otherwise the build compiles the
# sources.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_require_runtime(<command>)
#
# Makes EbpfKit::runtime, once for a build tree. The caller has enabled CXX and called
# _ebpf_require_libbpf(<command> LIBRARY).
function(_ebpf_require_runtime command)
  if(NOT TARGET EbpfKit::runtime)
    _ebpf_require_zlib("${command}")
    _ebpf_choose_runtime("${command}" EBPFKIT_READY_RUNTIME)
    cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../..")
    set(EBPFKIT_INCLUDE_DIR "${root}/include")
    _ebpf_libbpf_to_link(EBPFKIT_LIBBPF_TO_LINK)
    add_subdirectory("${root}/src/runtime" "${CMAKE_BINARY_DIR}/ebpfkit/runtime")
  endif()
  # _ebpf_offer_runtime() leaves it out of the target `all`.
  set_target_properties(ebpfkit_runtime PROPERTIES EXCLUDE_FROM_ALL OFF)
endfunction()

# _ebpf_enabled_languages(<out>)
#
# Sets <out> to the languages that are enabled for the calling directory. The global property also has CXX when only
# EbpfKit's own directory, as a subdirectory of a project in C, has enabled it.
function(_ebpf_enabled_languages out)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT DEFINED CMAKE_CXX_COMPILE_FEATURES)
    list(REMOVE_ITEM languages CXX)
  endif()
  set(${out} "${languages}" PARENT_SCOPE)
endfunction()

# _ebpf_check_cxx_standard(<command>): fatal unless the C++ compiler knows C++17. CXX is enabled.
function(_ebpf_check_cxx_standard command)
  if(NOT "cxx_std_17" IN_LIST CMAKE_CXX_COMPILE_FEATURES)
    message(
      FATAL_ERROR
        "${command}: the C++ skeleton and EbpfKit::runtime need C++17, which '${CMAKE_CXX_COMPILER}' (${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}) does not know.\n"
        "  Name a newer compiler: -DCMAKE_CXX_COMPILER=<path>. The C skeleton needs no C++: leave CXX out of project()."
    )
  endif()
endfunction()

# _ebpf_offer_runtime()
#
# Makes EbpfKit::runtime for a project that has EbpfKit as a subdirectory, so that the project can link it
# without any command. The build makes it only when something links it. Without libbpf or zlib there is no
# target and no error, because a project that only compiles BPF programs needs neither.
function(_ebpf_offer_runtime)
  list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
  find_package(Libbpf 1.1 QUIET MODULE)
  find_library(EBPFKIT_ZLIB_LIBRARY NAMES z DOC "zlib")
  if(TARGET EbpfKit::runtime)
    return()
  elseif(NOT TARGET Libbpf::libbpf OR NOT EBPFKIT_ZLIB_LIBRARY)
    message(STATUS "EbpfKit::runtime: not available, because libbpf or zlib was not found for the "
                   "target system")
    return()
  endif()
  _ebpf_require_runtime(EbpfKit)
  set_target_properties(ebpfkit_runtime PROPERTIES EXCLUDE_FROM_ALL ON)
  _ebpf_find_libdw(found)
  if(found)
    _ebpf_require_symbols(EbpfKit)
  endif()
  if(TARGET ebpfkit_runtime_objects)
    set_target_properties(ebpfkit_runtime_objects PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

# _ebpf_find_component(<component> <found-out> <reason-out>): a component of find_package(EbpfKit).
function(_ebpf_find_component component found_out reason_out)
  set(found FALSE)
  set(reason "")
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT component MATCHES "^(runtime|symbols)$")
    set(reason "EbpfKit has no component '${component}'.\n"
               "  There are runtime and symbols: find_package(EbpfKit COMPONENTS runtime).")
  elseif(NOT "CXX" IN_LIST languages)
    set(reason "EbpfKit: the component '${component}' is a C++ library, and CXX is not enabled.\n"
               "  Write project(${PROJECT_NAME} LANGUAGES CXX) before find_package(EbpfKit).")
  else()
    set(command "find_package(EbpfKit COMPONENTS ${component})")
    _ebpf_require_libbpf("${command}" LIBRARY)
    _ebpf_require_runtime("${command}")
    if(component STREQUAL "symbols")
      _ebpf_require_symbols("${command}")
    endif()
    set(found TRUE)
  endif()
  list(JOIN reason "" reason)
  set(${found_out} ${found} PARENT_SCOPE)
  set(${reason_out} "${reason}" PARENT_SCOPE)
endfunction()

# _ebpf_find_libdw(<out>)
#
# Sets <out> to whether libdw and libelf are there. Sets EBPFKIT_LIBDW_INCLUDE_DIR, EBPFKIT_LIBDW_LIBRARY and
# EBPFKIT_LIBELF_LIBRARY (cache).
function(_ebpf_find_libdw out)
  find_path(EBPFKIT_LIBDW_INCLUDE_DIR elfutils/libdwfl.h DOC "Directory above elfutils/libdwfl.h")
  find_library(EBPFKIT_LIBDW_LIBRARY NAMES dw DOC "libdw of elfutils")
  find_library(EBPFKIT_LIBELF_LIBRARY NAMES elf DOC "libelf")
  set(${out} FALSE PARENT_SCOPE)
  # A user may name a library that is not there.
  if(EBPFKIT_LIBDW_INCLUDE_DIR AND EXISTS "${EBPFKIT_LIBDW_LIBRARY}"
     AND EXISTS "${EBPFKIT_LIBELF_LIBRARY}")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# _ebpf_require_symbols(<command>)
#
# Makes EbpfKit::symbols, the part of the runtime that needs libdw, once for a build tree. EbpfKit::runtime is
# there.
function(_ebpf_require_symbols command)
  if(TARGET EbpfKit::symbols)
    return()
  endif()
  _ebpf_find_libdw(found)
  if(NOT found)
    _ebpf_install_hint(install_hint libdw libelf)
    message(
      FATAL_ERROR
        "${command}: EbpfKit::symbols needs libdw and libelf of elfutils, which were not found for the target system.\n"
        "${install_hint}\n"
        "  Or name them: -DEBPFKIT_LIBDW_INCLUDE_DIR=<dir> -DEBPFKIT_LIBDW_LIBRARY=<file> -DEBPFKIT_LIBELF_LIBRARY=<file>"
    )
  endif()
  cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../..")
  set(room "${root}/src/runtime/symbols")
  add_library(ebpfkit_symbols STATIC "${room}/mapped_files.cpp" "${room}/perf_map.cpp"
                                     "${room}/process_symbols.cpp")
  add_library(EbpfKit::symbols ALIAS ebpfkit_symbols)
  target_include_directories(ebpfkit_symbols SYSTEM PRIVATE "${EBPFKIT_LIBDW_INCLUDE_DIR}")
  target_link_libraries(ebpfkit_symbols PUBLIC EbpfKit::runtime PRIVATE "${EBPFKIT_LIBDW_LIBRARY}"
                                                                        "${EBPFKIT_LIBELF_LIBRARY}")
  if(NOT EBPFKIT_RUNTIME_WARNINGS)
    target_compile_options(ebpfkit_symbols PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-w>)
  endif()
  set_target_properties(
    ebpfkit_symbols
    PROPERTIES CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON
               UNITY_BUILD OFF
               CXX_CLANG_TIDY ""
               CXX_CPPCHECK ""
               CXX_CPPLINT ""
               CXX_INCLUDE_WHAT_YOU_USE ""
               # A project that has EbpfKit as a subdirectory may not link it.
               EXCLUDE_FROM_ALL ON)
endfunction()

# _ebpf_require_zlib(<command>)
#
# Sets EBPFKIT_ZLIB_INCLUDE_DIR and EBPFKIT_ZLIB_LIBRARY (cache). Embedded BTF is packed with zlib. libbpf
# needs zlib too.
function(_ebpf_require_zlib command)
  find_path(EBPFKIT_ZLIB_INCLUDE_DIR zlib.h DOC "Directory of zlib's header")
  find_library(EBPFKIT_ZLIB_LIBRARY NAMES z DOC "zlib")
  if(NOT EBPFKIT_ZLIB_INCLUDE_DIR OR NOT EBPFKIT_ZLIB_LIBRARY)
    _ebpf_install_hint(install_hint zlib)
    message(
      FATAL_ERROR
        "${command}: EbpfKit::runtime needs zlib, which was not found for the target system.\n"
        "${install_hint}\n"
        "  Or name it: -DEBPFKIT_ZLIB_INCLUDE_DIR=<dir> -DEBPFKIT_ZLIB_LIBRARY=<file>")
  endif()
endfunction()

# _ebpf_libbpf_to_link(<out>)
#
# Sets <out> to what a library links to have libbpf, in this build and after its export. A project that
# imports the exported library may have no target Libbpf::libbpf: then the linker finds libbpf by its
# name. The test for the target is part of the export, so that the other project can name its own libbpf.
function(_ebpf_libbpf_to_link out)
  set(libraries "$<IF:$<TARGET_EXISTS:Libbpf::libbpf>,Libbpf::libbpf,-lbpf>")
  if(EBPFKIT_LIBBPF_LIBRARY MATCHES "\\.a$")
    set(needed elf z)
    if(EBPFKIT_ZSTD_LIBRARY)
      list(APPEND needed zstd)
    endif()
    foreach(library IN LISTS needed)
      list(APPEND libraries "$<$<NOT:$<TARGET_EXISTS:Libbpf::libbpf>>:-l${library}>")
    endforeach()
  endif()
  set(${out} "${libraries}" PARENT_SCOPE)
endfunction()

# _ebpf_choose_runtime(<command> <out>)
#
# Sets <out> to the file that imports the ready objects of EbpfKit::runtime, or to "" when the build
# compiles the sources. Prints which, and why. The user's EBPFKIT_RUNTIME decides first.
function(_ebpf_choose_runtime command out)
  set(choice AUTO)
  if(DEFINED EBPFKIT_RUNTIME AND NOT EBPFKIT_RUNTIME STREQUAL "")
    set(choice "${EBPFKIT_RUNTIME}")
  endif()
  _ebpf_check_choice("${command}" EBPFKIT_RUNTIME "${choice}" AUTO READY SOURCES)
  set(ready "")
  if(choice STREQUAL "SOURCES")
    set(reason "EBPFKIT_RUNTIME is SOURCES")
  else()
    _ebpf_find_ready_runtime(ready reason)
  endif()
  if(NOT ready STREQUAL "")
    message(STATUS "EbpfKit::runtime: ready objects")
  elseif(choice STREQUAL "READY")
    message(FATAL_ERROR "${command}: EBPFKIT_RUNTIME is READY, but ${reason}.\n"
                        "  Leave EBPFKIT_RUNTIME empty, so that EbpfKit compiles the sources.")
  else()
    message(STATUS "EbpfKit::runtime: compiled from its sources (${reason})")
  endif()
  set(${out} "${ready}" PARENT_SCOPE)
endfunction()

# _ebpf_find_ready_runtime(<file-out> <reason-out>)
#
# Sets <file-out> to the file that imports the ready objects. When the build cannot use them, sets
# <reason-out> to the reason. The other of the two is "".
function(_ebpf_find_ready_runtime file_out reason_out)
  set(${file_out} "" PARENT_SCOPE)
  set(${reason_out} "" PARENT_SCOPE)
  get_property(file GLOBAL PROPERTY _EBPF_READY_RUNTIME)
  if(NOT file)
    set(${reason_out} "this EbpfKit brings no ready objects" PARENT_SCOPE)
    return()
  endif()
  if(EBPFKIT_RUNTIME_WARNINGS)
    set(${reason_out} "EBPFKIT_RUNTIME_WARNINGS is set" PARENT_SCOPE)
    return()
  endif()
  if(EBPFKIT_OPTIMIZE_SIZE)
    set(${reason_out} "EBPFKIT_OPTIMIZE_SIZE is on" PARENT_SCOPE)
    return()
  endif()
  _ebpf_flag_against_ready_runtime(flag)
  if(NOT flag STREQUAL "")
    set(${reason_out} "the build uses ${flag}" PARENT_SCOPE)
    return()
  endif()
  # Sets _EBPF_READY_FACTS and _EBPF_READY_TARGETS.
  include("${file}")
  _ebpf_runtime_facts(facts)
  foreach(ready here IN ZIP_LISTS _EBPF_READY_FACTS facts)
    if(NOT ready STREQUAL here)
      set(${reason_out} "the ready objects are for '${ready}', this build is for '${here}'"
          PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${file_out} "${_EBPF_READY_TARGETS}" PARENT_SCOPE)
endfunction()

# _ebpf_flag_against_ready_runtime(<out>)
#
# Sets <out> to the first setting of this build that changes the binary interface or asks for code of
# another kind (instrumented, link-time optimised, without exceptions), else to "". The ready objects were
# compiled without such a setting. They must not be mixed with such code, or would silently lack what the user
# asked for. A flag in a generator expression counts, whatever its condition is.
function(_ebpf_flag_against_ready_runtime out)
  set(${out} "" PARENT_SCOPE)
  if(CMAKE_CROSSCOMPILING)
    set(${out} "a cross compiler" PARENT_SCOPE)
    return()
  endif()
  if(CMAKE_SYSROOT)
    set(${out} "CMAKE_SYSROOT" PARENT_SCOPE)
    return()
  endif()
  set(configurations ${CMAKE_CONFIGURATION_TYPES})
  if(NOT configurations)
    set(configurations ${CMAKE_BUILD_TYPE})
  endif()
  list(TRANSFORM configurations TOUPPER)
  set(flags "${CMAKE_CXX_FLAGS}")
  set(optimisation CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  foreach(configuration IN LISTS configurations)
    string(APPEND flags " ${CMAKE_CXX_FLAGS_${configuration}}")
    list(APPEND optimisation CMAKE_INTERPROCEDURAL_OPTIMIZATION_${configuration})
  endforeach()
  foreach(variable IN LISTS optimisation)
    if(${variable})
      set(${out} "${variable}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  get_property(options DIRECTORY PROPERTY COMPILE_OPTIONS)
  get_property(definitions DIRECTORY PROPERTY COMPILE_DEFINITIONS)
  list(TRANSFORM definitions PREPEND "-D")
  string(JOIN " " flags ${flags} ${options} ${definitions})
  if(flags
     MATCHES
     "(-fno-exceptions|-fsanitize=[a-z-]+|-flto[a-z=0-9]*|-stdlib=[a-z+]+|-D_?(GLIBCXX|LIBCPP)_[A-Z0-9_]+|-D_(TIME|FILE_OFFSET)_BITS=[0-9]+|-m(32|x32|16|cmodel|abi)[=a-z0-9]*|-fpack-struct|-fshort-enums|--?target=?[a-z0-9_-]*|--sysroot|-isysroot|--gcc-(toolchain|install-dir)|-nostdinc[+]*)"
  )
    set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  endif()
endfunction()

# _ebpf_runtime_facts(<out>)
#
# Sets <out> to a list of the facts on which ready objects and the code that links them must agree. The
# preprocessor tells what the compiler and the C++ library are, because flags, wrappers and specs reach it.
function(_ebpf_runtime_facts out)
  set(headers "")
  foreach(header bpf.h btf.h libbpf.h libbpf_common.h libbpf_legacy.h libbpf_version.h)
    if(EXISTS "${EBPFKIT_LIBBPF_INCLUDE_DIR}/bpf/${header}")
      file(SHA256 "${EBPFKIT_LIBBPF_INCLUDE_DIR}/bpf/${header}" digest)
      string(APPEND headers "${digest}")
    endif()
  endforeach()
  string(SHA256 headers "${headers}")
  string(REGEX MATCH "^[0-9]+" major "${CMAKE_CXX_COMPILER_VERSION}")
  set(facts "${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}" "${CMAKE_CXX_COMPILER_ID} ${major}")
  _ebpf_compiler_facts(compiler_facts)
  list(APPEND facts ${compiler_facts} "libbpf headers ${headers}")
  set(${out} "${facts}" PARENT_SCOPE)
endfunction()

# _ebpf_compiler_facts(<out>): the macros in which CMAKE_CXX_COMPILER with CMAKE_CXX_FLAGS tells its ABI.
function(_ebpf_compiler_facts out)
  _ebpf_program_state(state "${CMAKE_CXX_COMPILER}")
  set(key "${CMAKE_CXX_COMPILER} ${CMAKE_CXX_COMPILER_ARG1} ${CMAKE_CXX_FLAGS} ${state}")
  if(NOT _EBPFKIT_COMPILER_FACTS_PROBE STREQUAL key)
    set(source "${CMAKE_BINARY_DIR}/ebpfkit/compiler_facts.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#include <cstddef>\n" @ONLY)
    separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_COMPILER_ARG1} ${CMAKE_CXX_FLAGS}")
    execute_process(
      COMMAND "${CMAKE_CXX_COMPILER}" ${flags} -E -dM "${source}"
      RESULT_VARIABLE result
      OUTPUT_VARIABLE macros
      ERROR_QUIET)
    set(facts "")
    foreach(macro __SIZEOF_POINTER__ __GXX_ABI_VERSION __GLIBC__ __GLIBC_MINOR__ _GLIBCXX_RELEASE
                  _GLIBCXX_USE_CXX11_ABI _LIBCPP_VERSION)
      set(value none)
      if(macros MATCHES "#define ${macro} ([^\n]*)")
        set(value "${CMAKE_MATCH_1}")
      endif()
      list(APPEND facts "${macro} ${value}")
    endforeach()
    if(NOT result EQUAL 0)
      set(facts "a compiler that does not preprocess <cstddef>")
    endif()
    set(_EBPFKIT_COMPILER_FACTS_PROBE "${key}" CACHE INTERNAL "C++ compiler that was probed last")
    set(_EBPFKIT_COMPILER_FACTS "${facts}" CACHE INTERNAL "what it says of its ABI")
  endif()
  set(${out} "${_EBPFKIT_COMPILER_FACTS}" PARENT_SCOPE)
endfunction()
