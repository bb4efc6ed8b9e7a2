# The sysroot of a build directory may change: a newer EbpfKit has another recipe, or EBPFKIT_SYSROOT_SOURCES names
# other sources. A toolchain file is read before project(), so this uses nothing of EbpfKit.cmake.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_forget_former_sysroot(<sysroot>)
#
# Makes CMake search again for what it found in the sysroot of the configure run before, if <sysroot> is another one.
# CMake's cache holds what find_library() and its kin found there: old libraries would meet new headers. What lies
# elsewhere stays, because the user named it. The compiler is examined again too, because it has the sysroot in its
# options. CMake writes what it knows of compilers into CMAKE_PLATFORM_INFO_DIR, and reads that behind the toolchain
# file.
function(_ebpf_forget_former_sysroot sysroot)
  set(former "$CACHE{_EBPFKIT_TARGET_SYSROOT}")
  set(_EBPFKIT_TARGET_SYSROOT "${sysroot}" CACHE INTERNAL "sysroot of the toolchain file")
  if(former STREQUAL "" OR former STREQUAL sysroot)
    return()
  endif()
  message(
    STATUS "EbpfKit: the sysroot is another one, so libraries and compilers are searched again")
  get_cmake_property(names CACHE_VARIABLES)
  foreach(name IN LISTS names)
    get_property(type CACHE "${name}" PROPERTY TYPE)
    get_property(path CACHE "${name}" PROPERTY VALUE)
    cmake_path(IS_PREFIX former "${path}" NORMALIZE is_inside)
    if(is_inside AND type MATCHES "^(FILE)?PATH$")
      unset("${name}" CACHE)
    endif()
  endforeach()
  file(GLOB compilers "${CMAKE_PLATFORM_INFO_DIR}/CMake*Compiler.cmake")
  if(compilers)
    file(REMOVE ${compilers})
  endif()
endfunction()
