# The verbs that cases use for their checks. `output` and `result` are those of the last step.
#
# A case must check every step that fails: configure() and build() remember a failure. The next step, or the
# end of the case, is an error until the case calls expect_success() or expect_failure().

# configure([<argument>...])
macro(configure)
  require_checked_step()
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${source_dir}" -B "${build_dir}" -G "${GENERATOR}"
            "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DKIT_DIR=${KIT_DIR}" ${ARGN}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  remember_step("configuring" "${result}")
endmacro()

# build([<argument of cmake --build>...])
macro(build)
  require_checked_step()
  execute_process(
    COMMAND "${CMAKE_COMMAND}" --build "${build_dir}" --parallel 4 ${ARGN}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  remember_step("building" "${result}")
endmacro()

# run(<command> [<argument>...]): runs a command that must succeed. `output` has its standard output and
# error.
macro(run)
  require_checked_step()
  execute_process(
    COMMAND ${ARGV}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  expect_success("running ${ARGV0}")
endmacro()

# try(<command> [<argument>...]): the same for a command that must fail. The case calls expect_failure_of() behind it.
macro(try)
  require_checked_step()
  execute_process(
    COMMAND ${ARGV}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  remember_step("running ${ARGV0}" "${result}")
endmacro()

# remember_step(<what> <result>): remembers the result for require_checked_step().
function(remember_step what result)
  if(result EQUAL 0)
    set(what "")
  endif()
  set_property(GLOBAL PROPERTY case_failed_step "${what}")
endfunction()

# require_checked_step(): fatal when the last step failed and the case did not look at its result.
function(require_checked_step)
  get_property(what GLOBAL PROPERTY case_failed_step)
  if(what)
    message(
      FATAL_ERROR "${what} failed (${result}), and the case went on without expect_success() or "
                  "expect_failure():\n${output}")
  endif()
endfunction()

function(expect_success what)
  set_property(GLOBAL PROPERTY case_failed_step "")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result}):\n${output}")
  endif()
endfunction()

# Requires that the step failed, and for the right reason. The text of the command that failed is not a
# reason: Ninja prints it below the line with FAILED, and it often has the same words as the error
# (`--type=event_t`).
function(expect_failure what)
  set_property(GLOBAL PROPERTY case_failed_step "")
  if(result EQUAL 0)
    message(FATAL_ERROR "${what} succeeded but must fail:\n${output}")
  endif()
  if(expected_texts STREQUAL "")
    message(FATAL_ERROR "A case that fails must state expected_texts.")
  endif()
  string(REGEX REPLACE "(FAILED: [^\n]*\n)[^\n]*\n" "\\1" output "${output}")
  # Since 1.13, Ninja tells the exit status there.
  string(REGEX REPLACE "FAILED: \\[code=[0-9]+\\] " "FAILED: " output "${output}")
  foreach(text IN LISTS expected_texts)
    expect_output("${text}")
  endforeach()
endfunction()

# expect_failure_of(<what> <text>...): the same with the texts that the step must print.
function(expect_failure_of what)
  set(expected_texts ${ARGN})
  expect_failure("${what}")
endfunction()

# expect_output(<text>): requires that the last step printed the text. Ignores line breaks, because CMake
# breaks the lines of messages where it likes.
function(expect_output text)
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${output}")
  string(FIND "${flat}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "The output lacks '${text}':\n${output}")
  endif()
endfunction()

# expect_no_output(<text>): requires that the last step did not print the text, however its lines are broken.
function(expect_no_output text)
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${output}")
  string(FIND "${flat}" "${text}" position)
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

# touch(<file>): gives the file a time that is later than that of every output so far, even where file systems
# or tools know only whole seconds.
function(touch file)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E sleep 1.1)
  file(TOUCH "${file}")
endfunction()

# expect_nothing_to_do(): requires that a build now runs no rule.
#
# Ninja says so itself. Its whole output must be that line: any line before it comes from a rule or from
# CMake, which ran.
#
# make has no such line: it always runs rules of CMake's own, which check dependencies. With --trace, make
# names the target of each rule that it runs, even if the rule prints nothing. CMake writes the rules that
# build something into the files `build.make`. The only targets in them that are always out of date are
# `<target>.dir/depend`.
macro(expect_nothing_to_do)
  if(GENERATOR MATCHES "Ninja")
    build()
    expect_success("building again")
    string(STRIP "${output}" build_output)
    if(NOT build_output STREQUAL "ninja: no work to do.")
      message(FATAL_ERROR "There was something to do:\n${output}")
    endif()
  elseif(GENERATOR STREQUAL "Unix Makefiles")
    build(-- --trace)
    expect_success("building again")
    # This target in the output shows that make understood --trace.
    expect_output("target 'cmake_check_build_system'")
    string(REGEX MATCHALL "build\\.make:[0-9]+: (update )?target '[^\n]*" rules "${output}")
    list(FILTER rules EXCLUDE REGEX "target '[^']*\\.dir/depend'")
    if(rules OR output MATCHES "-- Configuring done")
      message(FATAL_ERROR "There was something to do: ${rules}\n${output}")
    endif()
  else()
    message(FATAL_ERROR "expect_nothing_to_do() does not know the generator '${GENERATOR}'.")
  endif()
endmacro()

# skip(<reason>): ends the case, and ctest shows it as skipped. Call it in expect.cmake or check.cmake itself,
# not in a function. Everything that the case checked before must have succeeded.
macro(skip reason)
  set_property(GLOBAL PROPERTY case_skip_reason "${reason}")
  return()
endmacro()

# mark_if_skipped(): the end of a script whose steps may call skip(). The output of a step may contain a text like
# ctest's mark of a skipped test. Therefore only a case that did not fail prints the mark. It prints the mark last, at
# the beginning of a line, where the text of a fatal error never stands.
function(mark_if_skipped)
  get_property(is_skipped GLOBAL PROPERTY case_skip_reason SET)
  if(is_skipped)
    get_property(reason GLOBAL PROPERTY case_skip_reason)
    message("SKIPPED: ${reason}")
  endif()
endfunction()

# output_file(<out> <name>): sets <out> to the path of a file that multi-config generators put into a folder
# for the configuration.
function(output_file out name)
  set(path "${build_dir}/${name}")
  if(GENERATOR MATCHES "Multi-Config")
    cmake_path(GET name PARENT_PATH parent)
    cmake_path(GET name FILENAME file_name)
    cmake_path(SET path NORMALIZE "${build_dir}/${parent}/${default_configuration}/${file_name}")
  endif()
  set(${out} "${path}" PARENT_SCOPE)
endfunction()
