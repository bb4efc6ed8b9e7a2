# The verbs that cases are checked with. `output` and `result` are those of the last step.

# configure([<argument>...])
macro(configure)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${source_dir}" -B "${build_dir}" -G "${GENERATOR}"
            "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DKIT_DIR=${KIT_DIR}" ${ARGN}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
endmacro()

# build([<argument of cmake --build>...])
macro(build)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" --build "${build_dir}" --parallel 4 ${ARGN}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
endmacro()

# run(<command> [<argument>...]): must succeed; its standard output and error are in `output`.
macro(run)
  execute_process(
    COMMAND ${ARGV}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  expect_success("running ${ARGV0}")
endmacro()

function(expect_success what)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result}):\n${output}")
  endif()
endfunction()

# The step must have failed, and for the right reason.
function(expect_failure what)
  if(result EQUAL 0)
    message(FATAL_ERROR "${what} succeeded but must fail:\n${output}")
  endif()
  if(expected_texts STREQUAL "")
    message(FATAL_ERROR "A case that fails must state expected_texts.")
  endif()
  foreach(text IN LISTS expected_texts)
    expect_output("${text}")
  endforeach()
endfunction()

# expect_output(<text>): the last step printed it. CMake breaks lines of messages where it likes.
function(expect_output text)
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${output}")
  string(FIND "${flat}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "The output lacks '${text}':\n${output}")
  endif()
endfunction()

function(expect_no_output text)
  string(FIND "${output}" "${text}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "The output has '${text}':\n${output}")
  endif()
endfunction()

function(expect_same_files first second)
  file(SHA256 "${first}" first_digest)
  file(SHA256 "${second}" second_digest)
  if(NOT first_digest STREQUAL second_digest)
    message(FATAL_ERROR "'${first}' and '${second}' differ.")
  endif()
endfunction()

# touch(<file>): with a time that is later than that of every output so far, also on file systems and
# with tools that know whole seconds only.
function(touch file)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E sleep 1.1)
  file(TOUCH "${file}")
endfunction()

# expect_nothing_to_do(): a build now runs no rule.
macro(expect_nothing_to_do)
  build()
  expect_success("building again")
  foreach(verb "Compiling" "Linking" "Generating" "Building")
    expect_no_output("${verb}")
  endforeach()
endmacro()

# skip(<reason>): ends the case; ctest shows it as skipped.
macro(skip reason)
  message("SKIPPED: ${reason}")
  return()
endmacro()

# output_file(<out> <name>): path of a file that multi-config generators put below the configuration.
function(output_file out name)
  set(path "${build_dir}/${name}")
  if(GENERATOR MATCHES "Multi-Config")
    cmake_path(GET name PARENT_PATH parent)
    cmake_path(GET name FILENAME file_name)
    cmake_path(SET path NORMALIZE "${build_dir}/${parent}/Debug/${file_name}")
  endif()
  set(${out} "${path}" PARENT_SCOPE)
endfunction()
