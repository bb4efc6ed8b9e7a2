# Makes the target EbpfKit::ebpfkit, the host tool `ebpfkit`.
#
# The tool runs during builds, so it is built for the machine that builds. A cross build that has EbpfKit as
# a subdirectory builds the tool in a build of its own, with the host's compiler. EBPFKIT_TOOL names a ready
# tool instead.
include_guard(GLOBAL)

set(EBPFKIT_TOOL "" CACHE FILEPATH "A ready `ebpfkit` to use instead of building it")

if(EBPFKIT_TOOL)
  if(NOT EXISTS "${EBPFKIT_TOOL}")
    message(FATAL_ERROR "EbpfKit: EBPFKIT_TOOL='${EBPFKIT_TOOL}': there is no such file.\n"
                        "  Name an `ebpfkit` built for this machine, or leave it empty.")
  endif()
  add_executable(EbpfKit::ebpfkit IMPORTED GLOBAL)
  set_target_properties(EbpfKit::ebpfkit PROPERTIES IMPORTED_LOCATION "${EBPFKIT_TOOL}")
elseif(CMAKE_CROSSCOMPILING)
  include(ExternalProject)
  set(host_build "${PROJECT_BINARY_DIR}/host-tool")
  ExternalProject_Add(
    ebpfkit-host-tool
    SOURCE_DIR "${PROJECT_SOURCE_DIR}"
    BINARY_DIR "${host_build}"
    CMAKE_ARGS -DEBPFKIT_BUILD_TESTS=OFF -DEBPFKIT_INSTALL=OFF -DCMAKE_BUILD_TYPE=Release
    BUILD_COMMAND "${CMAKE_COMMAND}" --build "${host_build}" --target ebpfkit
    INSTALL_COMMAND ""
    BUILD_BYPRODUCTS "${host_build}/bin/ebpfkit")
  add_executable(EbpfKit::ebpfkit IMPORTED GLOBAL)
  set_target_properties(EbpfKit::ebpfkit PROPERTIES IMPORTED_LOCATION "${host_build}/bin/ebpfkit")
  add_dependencies(EbpfKit::ebpfkit ebpfkit-host-tool)
else()
  add_subdirectory("${PROJECT_SOURCE_DIR}/src" "${PROJECT_BINARY_DIR}/src")
endif()
