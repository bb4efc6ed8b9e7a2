# Projects that bring EbpfKit's sources with them: by FetchContent, and as a submodule. cmake -DHOW= -DTEMPLATE=
# -DWORK_DIR= -DPREFIX= -DKIT_DIR= -P check_vendors.cmake
#
# The ready host tool stands in for the one that such a build would make, because that takes minutes.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../detail/steps.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/new_project.cmake")

make_project(${TEMPLATE} --vendor ${HOW} --repository "https://example.invalid/ebpfkit.git")
set(arguments "-DEBPFKIT_TOOL=${PREFIX}/bin/ebpfkit")
if(HOW STREQUAL "fetchcontent")
  expect_no_output("git submodule")
  # CMake's own way to give the sources without a network.
  list(APPEND arguments "-DFETCHCONTENT_SOURCE_DIR_EBPFKIT=${KIT_DIR}")
else()
  expect_output("git submodule add https://example.invalid/ebpfkit.git external/ebpfkit")
  file(MAKE_DIRECTORY "${project}/external")
  file(CREATE_LINK "${KIT_DIR}" "${project}/external/ebpfkit" SYMBOLIC)
endif()
# Release is what the other consumers of the sources are, so the compiler cache has the runtime library.
in_project(--preset default -DCMAKE_BUILD_TYPE=Release ${arguments})
in_project(--build --preset default)
run("${CMAKE_CTEST_COMMAND}" --test-dir "${project}/build/default" --output-on-failure
    --no-tests=error)
expect_output("100% tests passed, 0 tests failed out of 1")
