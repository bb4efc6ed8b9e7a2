# Makes the target EbpfKit::ebpfkit, the host tool `ebpfkit`.
#
# The tool runs during builds, so it is built for the machine that builds. A cross build builds the tool in a
# build of its own, with the host's compiler, while CMake configures. EBPFKIT_TOOL names a ready tool instead.
include_guard(GLOBAL)

set(EBPFKIT_TOOL "" CACHE FILEPATH "A ready `ebpfkit` to use instead of building it")

if(EBPFKIT_TOOL OR CMAKE_CROSSCOMPILING)
  include("${PROJECT_SOURCE_DIR}/modules/toolchains/detail/EbpfHostTool.cmake")
  _ebpf_host_tool(tool)
  add_executable(EbpfKit::ebpfkit IMPORTED GLOBAL)
  set_target_properties(EbpfKit::ebpfkit PROPERTIES IMPORTED_LOCATION "${tool}")
  if(CMAKE_CROSSCOMPILING AND NOT EBPFKIT_TOOL)
    # Configuring again builds the tool again when its sources have changed.
    file(GLOB_RECURSE sources "${PROJECT_SOURCE_DIR}/src/*.cpp" "${PROJECT_SOURCE_DIR}/src/*.hpp")
    set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                                                                   ${sources})
  endif()
else()
  add_subdirectory("${PROJECT_SOURCE_DIR}/src" "${PROJECT_BINARY_DIR}/src")
endif()
