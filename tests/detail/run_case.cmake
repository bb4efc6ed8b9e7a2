# Runs one case: cmake -DCASE_DIR= -DWORK_DIR= -DGENERATOR= -DPREFIX= -DKIT_DIR= [-DEXTRA=] [-DCHECK_DIR=] -P run_case.cmake
#
# Copies the case's folder to WORK_DIR/source, configures it into WORK_DIR/build with EbpfKit from PREFIX, and
# builds it. The case's expect.cmake (in CHECK_DIR if given) may set
#   configure_arguments    more arguments for the configure step
#   default_configuration  what multi-config generators build (default: Debug); see output_file()
#   configure_fails        TRUE: the configure step must fail
#   build_fails            TRUE: the build must fail
#   expected_texts         texts that the failing step must print (line breaks count as spaces)
#   absent_files           files of the build directory that must not exist after the failing step
#   build_arguments        what the build builds, such as --target <target> (default: everything)
#   only_builds            TRUE: the build itself is the whole check; the case has no check.cmake
# After a successful build, runs the case's check.cmake, which uses the verbs of steps.cmake. check_case.cmake
# rejects a case that checks nothing.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/check_case.cmake")

if(NOT DEFINED CHECK_DIR)
  set(CHECK_DIR "${CASE_DIR}")
endif()
set(source_dir "${WORK_DIR}/source")
set(build_dir "${WORK_DIR}/build")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
file(COPY "${CASE_DIR}/" DESTINATION "${source_dir}")

read_expectations("${CHECK_DIR}/expect.cmake")
get_property(is_skipped GLOBAL PROPERTY case_skip_reason SET)
if(is_skipped)
  mark_if_skipped()
  return()
endif()
check_files_of_case()

configure(${configure_arguments} ${EXTRA})
if(configure_fails)
  expect_failure("configuring")
else()
  expect_success("configuring")
  check_absent_files()
  build(${build_arguments})
  if(build_fails)
    expect_failure("building")
  else()
    expect_success("building")
    if(NOT only_builds)
      include("${CHECK_DIR}/check.cmake")
      require_checked_step()
    endif()
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

mark_if_skipped()
