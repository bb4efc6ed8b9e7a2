# Builds example-project as a part of this build. The example knows find_package(EbpfKit) only, so that command
# gets a package file that has nothing to do: EbpfKit's targets and commands are there.
include_guard(GLOBAL)

file(WRITE "${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/ebpfkit-config.cmake" "set(EbpfKit_FOUND TRUE)\n")
add_subdirectory("${PROJECT_SOURCE_DIR}/example-project" "${PROJECT_BINARY_DIR}/example")
