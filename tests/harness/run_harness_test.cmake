# Runs run_case.cmake on TEST_DIR/case and compares what happens with TEST_DIR/expected.txt:
#   cmake -DTEST_DIR= -DWORK_DIR= -DGENERATOR= -P run_harness_test.cmake
cmake_minimum_required(VERSION 3.25)

file(STRINGS "${TEST_DIR}/expected.txt" texts)
list(POP_FRONT texts expected)
execute_process(
  COMMAND
    "${CMAKE_COMMAND}" "-DCASE_DIR=${TEST_DIR}/case" "-DWORK_DIR=${WORK_DIR}"
    "-DGENERATOR=${GENERATOR}" -DPREFIX= -DKIT_DIR= -P
    "${CMAKE_CURRENT_LIST_DIR}/../detail/run_case.cmake"
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)

# The same expression as in tests/CMakeLists.txt.
set(actual passes)
if(output MATCHES "(^|\n)SKIPPED: ")
  set(actual skips)
endif()
if(NOT result EQUAL 0)
  if(actual STREQUAL "skips")
    message(FATAL_ERROR "The case failed, and ctest would show it as skipped:\n${output}")
  endif()
  set(actual fails)
endif()
if(NOT actual STREQUAL expected)
  message(FATAL_ERROR "The case ${actual}. Expected: it ${expected}.\n${output}")
endif()
string(REGEX REPLACE "[ \t\r\n]+" " " flat "${output}")
foreach(text IN LISTS texts)
  string(FIND "${flat}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "The output lacks '${text}':\n${output}")
  endif()
endforeach()
