# The host tool `ebpfkit` in a build for another system. It runs on the machine that builds, so the compiler of
# the target must not build it.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_cache_directory(<out>)
#
# Sets <out> to the directory in which EbpfKit keeps what several builds share: EBPFKIT_CACHE_DIR (a variable of
# CMake or of the environment), else ebpfkit/ in the user's cache directory (XDG Base Directory
# Specification). `ebpfkit sysroot` uses the same one.
function(_ebpf_cache_directory out)
  if(EBPFKIT_CACHE_DIR)
    set(directory "${EBPFKIT_CACHE_DIR}")
  elseif(NOT "$ENV{EBPFKIT_CACHE_DIR}" STREQUAL "")
    set(directory "$ENV{EBPFKIT_CACHE_DIR}")
  elseif(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(directory "$ENV{XDG_CACHE_HOME}/ebpfkit")
  elseif(NOT "$ENV{HOME}" STREQUAL "")
    set(directory "$ENV{HOME}/.cache/ebpfkit")
  else()
    message(FATAL_ERROR "EbpfKit: no directory for what builds share, because HOME is not set.\n"
                        "  Name one: -DEBPFKIT_CACHE_DIR=<dir>")
  endif()
  cmake_path(ABSOLUTE_PATH directory NORMALIZE)
  set(${out} "${directory}" PARENT_SCOPE)
endfunction()

# _ebpf_host_tool(<out>)
#
# Sets <out> to an `ebpfkit` that runs on this machine: EBPFKIT_TOOL, else the one that was installed together
# with this file, else one that is built from the source tree that this file is in. The build is one of its
# own, in the cache directory, so that all build directories share it. It does little when nothing changed.
function(_ebpf_host_tool out)
  if(EBPFKIT_TOOL)
    if(NOT EXISTS "${EBPFKIT_TOOL}" OR IS_DIRECTORY "${EBPFKIT_TOOL}")
      message(FATAL_ERROR "EbpfKit: EBPFKIT_TOOL='${EBPFKIT_TOOL}': there is no such file.\n"
                          "  Name an `ebpfkit` built for this machine, or leave it empty.")
    endif()
    set(${out} "${EBPFKIT_TOOL}" PARENT_SCOPE)
    return()
  endif()
  # Installing writes this file. It sets EBPFKIT_INSTALLED_TOOL.
  set(installed "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/InstalledTool.cmake")
  if(EXISTS "${installed}")
    include("${installed}")
    if(NOT EXISTS "${EBPFKIT_INSTALLED_TOOL}")
      message(
        FATAL_ERROR
          "EbpfKit: '${EBPFKIT_INSTALLED_TOOL}' is missing, which was installed together with '${installed}'.\n"
          "  Install EbpfKit again, or name an `ebpfkit` built for this machine: -DEBPFKIT_TOOL=<path>"
      )
    endif()
    set(${out} "${EBPFKIT_INSTALLED_TOOL}" PARENT_SCOPE)
    return()
  endif()
  get_property(built GLOBAL PROPERTY _EBPF_BUILT_HOST_TOOL)
  if(NOT built)
    _ebpf_build_host_tool(built)
    set_property(GLOBAL PROPERTY _EBPF_BUILT_HOST_TOOL "${built}")
  endif()
  set(${out} "${built}" PARENT_SCOPE)
endfunction()

# _ebpf_build_host_tool(<out>)
#
# Builds the host tool from the source tree that this file is in, with the host's compiler, and sets <out> to
# its path. Fatal when the build fails.
function(_ebpf_build_host_tool out)
  cmake_path(SET source NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../..")
  string(REGEX REPLACE "/$" "" source "${source}")
  _ebpf_cache_directory(cache)
  # Each source tree has a build of its own.
  string(SHA256 digest "${source}")
  string(SUBSTRING "${digest}" 0 12 digest)
  set(build "${cache}/host-tool/${digest}")
  set(tool "${build}/bin/ebpfkit")
  file(MAKE_DIRECTORY "${build}")
  # Another build directory may build the tool at this moment.
  file(LOCK "${build}/build.lock" GUARD FUNCTION)

  # What an SDK for the target puts into the environment is not for the host.
  set(host_environment "")
  foreach(
    variable
    AR ARCH AS CC CFLAGS CMAKE_TOOLCHAIN_FILE CONFIG_SITE CPP CPPFLAGS CROSS_COMPILE CXX CXXFLAGS
    LD LDFLAGS NM OBJCOPY OBJDUMP PKG_CONFIG_LIBDIR PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR RANLIB
    STAGING_DIR STRIP)
    list(APPEND host_environment --unset=${variable})
  endforeach()
  set(in_host_environment "${CMAKE_COMMAND}" -E env ${host_environment})

  # CMake writes its cache before the rules, so a killed run leaves a cache that can build nothing.
  set(configured "${build}/configured")
  if(NOT EXISTS "${configured}")
    message(STATUS "EbpfKit: building the host tool in '${build}', once for all build directories")
    # The user waits for the tool. A few large sources compile in a third of the time. GCC compiles them with
    # -Og in 0.83 of the time of -O1, and the tool's work on one application is short.
    set(arguments
        -DEBPFKIT_BUILD_TESTS=OFF -DEBPFKIT_BUILD_EXAMPLE=OFF -DEBPFKIT_INSTALL=OFF
        -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-Og -DNDEBUG" -DCMAKE_UNITY_BUILD=ON)
    find_program(
      EBPFKIT_NINJA
      NAMES ninja ninja-build
      NO_CMAKE_FIND_ROOT_PATH
      DOC "ninja, to build the host tool")
    mark_as_advanced(EBPFKIT_NINJA)
    if(EBPFKIT_NINJA)
      list(APPEND arguments -G Ninja "-DCMAKE_MAKE_PROGRAM=${EBPFKIT_NINJA}")
    else()
      list(APPEND arguments -G "Unix Makefiles")
    endif()
    execute_process(
      COMMAND ${in_host_environment} "${CMAKE_COMMAND}" --fresh -S "${source}" -B "${build}"
              ${arguments}
      RESULT_VARIABLE result
      OUTPUT_QUIET
      ERROR_VARIABLE errors)
    if(NOT result EQUAL 0)
      message(
        FATAL_ERROR
          "EbpfKit: the host tool cannot be built for this machine, see below.\n"
          "  Mend that, or name an `ebpfkit` built for this machine: -DEBPFKIT_TOOL=<path>\n${errors}"
      )
    endif()
    file(TOUCH "${configured}")
  endif()
  # Ninja's progress goes to the terminal the first time. Later builds have little to do, so only their errors
  # count.
  set(quiet "")
  if(EXISTS "${tool}")
    set(quiet OUTPUT_VARIABLE errors ERROR_VARIABLE errors)
  endif()
  set(errors "")
  cmake_host_system_information(RESULT jobs QUERY NUMBER_OF_LOGICAL_CORES)
  execute_process(COMMAND ${in_host_environment} "${CMAKE_COMMAND}" --build "${build}" --target
                          ebpfkit --parallel ${jobs} RESULT_VARIABLE result ${quiet})
  if(NOT result EQUAL 0)
    message(
      FATAL_ERROR
        "EbpfKit: building the host tool in '${build}' failed.\n"
        "  Mend that, or name an `ebpfkit` built for this machine: -DEBPFKIT_TOOL=<path>\n${errors}"
    )
  endif()
  set(${out} "${tool}" PARENT_SCOPE)
endfunction()
