# One run of cmake at a time in a build directory.
#
# Two runs at once change each other's files. CMake then takes a working compiler for one that knows no library
# directories, and every search for a library fails.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

define_property(
  DIRECTORY
  PROPERTY _EBPF_HAS_BUILD_LOCK
  INHERITED
  BRIEF_DOCS "Whether this directory or one above it holds the lock of the build directory")

# _ebpf_lock_build_directory(<command>)
#
# Locks the build directory until CMake has processed the current source directory (GUARD FILE means its
# CMakeLists.txt; GUARD PROCESS would keep the lock as long as cmake-gui is open). Fatal while another run of
# cmake holds the lock. File systems without locks change nothing.
function(_ebpf_lock_build_directory command)
  # file(LOCK) opens and closes the file, also when this run has locked it. The kernel would then drop the lock.
  get_property(is_locked DIRECTORY PROPERTY _EBPF_HAS_BUILD_LOCK)
  if(is_locked)
    return()
  endif()
  set_property(DIRECTORY PROPERTY _EBPF_HAS_BUILD_LOCK TRUE)
  file(
    LOCK "${CMAKE_BINARY_DIR}/ebpfkit/configure.lock"
    GUARD FILE
    RESULT_VARIABLE result
    TIMEOUT 0)
  if(result MATCHES "^Timeout")
    message(
      FATAL_ERROR
        "${command}: another run of cmake configures '${CMAKE_BINARY_DIR}' at this moment.\n"
        "  Wait until it has ended, then run cmake again. Two runs at once can damage what CMake knows about the compiler: if a library is not found afterwards, run cmake --fresh."
    )
  endif()
endfunction()

# _ebpf_damaged_compiler_hint(<out>)
#
# A sentence for the error about a missing library, when CMake could not compile its own test for a compiler. It
# then looks for libraries in fewer directories. Else empty.
function(_ebpf_damaged_compiler_hint out)
  set(hint "")
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(language IN ITEMS C CXX)
    if(language IN_LIST languages AND DEFINED CMAKE_${language}_ABI_COMPILED
       AND NOT CMAKE_${language}_ABI_COMPILED)
      set(hint
          "  CMake could not compile its own test for '${CMAKE_${language}_COMPILER}', so it may look in too few directories. If two runs of cmake were at work in this build directory, run cmake --fresh.\n"
      )
    endif()
  endforeach()
  set(${out} "${hint}" PARENT_SCOPE)
endfunction()
