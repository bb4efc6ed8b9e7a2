# Runs one case: cmake -DCASE_DIR= -DWORK_DIR= -DGENERATOR= -DPREFIX= -DKIT_DIR= [-DEXTRA=] [-DCHECK_DIR=] -P run_case.cmake
#
# The case's folder is copied to WORK_DIR/source, configured into WORK_DIR/build with EbpfKit from
# PREFIX, and built. Its expect.cmake (optional; in CHECK_DIR if given) may set
#   configure_arguments  more arguments for the configure step
#   configure_fails      TRUE: the configure step must fail
#   build_fails          TRUE: the build must fail
#   expected_texts       texts that the failing step must print (line breaks count as spaces)
#   absent_files         files of the build directory that must not be there afterwards
# and its check.cmake (optional) is run after a successful build with the verbs of steps.cmake.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

if(NOT DEFINED CHECK_DIR)
  set(CHECK_DIR "${CASE_DIR}")
endif()
set(source_dir "${WORK_DIR}/source")
set(build_dir "${WORK_DIR}/build")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
file(COPY "${CASE_DIR}/" DESTINATION "${source_dir}")

set(configure_arguments "")
set(configure_fails FALSE)
set(build_fails FALSE)
set(expected_texts "")
set(absent_files "")
include("${CHECK_DIR}/expect.cmake" OPTIONAL)

configure(${configure_arguments} ${EXTRA})
if(configure_fails)
  expect_failure("configuring")
else()
  expect_success("configuring")
  build()
  if(build_fails)
    expect_failure("building")
  else()
    expect_success("building")
    include("${CHECK_DIR}/check.cmake" OPTIONAL)
  endif()
endif()

foreach(file IN LISTS absent_files)
  if(EXISTS "${build_dir}/${file}")
    message(FATAL_ERROR "'${file}' was left behind by a failed step.")
  endif()
endforeach()
file(GLOB_RECURSE leftovers "${build_dir}/*.tmp")
if(leftovers)
  message(FATAL_ERROR "Temporary files were left behind: ${leftovers}")
endif()
