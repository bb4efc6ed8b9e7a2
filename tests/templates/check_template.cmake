# Makes a project from a template as a user does, builds it with gcc and with clang, without a warning, runs its tests,
# and runs its application where the running kernel allows: cmake -DTEMPLATE= -DWORK_DIR= -DPREFIX= -P
# check_template.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../detail/steps.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/new_project.cmake")

make_project(${TEMPLATE})
# The shell does not find the installed tool, so CMake needs the prefix.
expect_output("-DCMAKE_PREFIX_PATH=${PREFIX}")
set(warnings "-Wall -Wextra -Wpedantic -Werror")
foreach(compilers "gcc;g++" "clang;clang++")
  list(POP_FRONT compilers c_compiler cxx_compiler)
  file(REMOVE_RECURSE "${project}/build")
  in_project(
    --preset default "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DCMAKE_C_COMPILER=${c_compiler}"
    "-DCMAKE_CXX_COMPILER=${cxx_compiler}" "-DCMAKE_C_FLAGS=${warnings}"
    "-DCMAKE_CXX_FLAGS=${warnings}")
  in_project(--build --preset default)
  expect_no_output("warning:")
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${project}/build/default" --output-on-failure
      --no-tests=error)
  expect_output("100% tests passed, 0 tests failed out of 1")
endforeach()

# docs/new-project.md says which programs run on kernels without BTF: those without CO-RE relocations.
file(GLOB_RECURSE objects "${project}/build/default/*.bpf.o")
run("${PREFIX}/bin/ebpfkit" core list ${objects})
if(TEMPLATE MATCHES "^(c|cgroup|library|tc|tracepoint|uprobe|xdp)$" AND NOT output STREQUAL "")
  message(FATAL_ERROR "The program of '${TEMPLATE}' has CO-RE relocations:\n${output}")
endif()

include("${CMAKE_CURRENT_LIST_DIR}/runs.cmake")
execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(TEMPLATE STREQUAL "library")
  # The project's test has linked and run it.
  include("${CMAKE_CURRENT_LIST_DIR}/check_library.cmake")
elseif(NOT DEFINED run_${TEMPLATE})
  message(FATAL_ERROR "runs.cmake does not tell what the application of '${TEMPLATE}' prints.")
elseif(NOT DEFINED kernel_${TEMPLATE})
  if(NOT user EQUAL 0)
    message("SKIPPED: the project was built and tested; loading BPF programs needs root")
    return()
  endif()
  write_script("${WORK_DIR}/run.sh" ${TEMPLATE} "${project}/build/default/${name}")
  run(bash "${WORK_DIR}/run.sh")
  if(NOT output MATCHES "${output_${TEMPLATE}}")
    message(FATAL_ERROR "The application does not print ${output_${TEMPLATE}}:\n${output}")
  endif()
endif()
