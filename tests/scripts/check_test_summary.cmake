# Checks scripts/detail/test_summary.py, which compares skipped tests with those that are expected.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -DWORK_DIR=<directory> -P check_test_summary.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK_DIR}")
set(skipped "<skipped message='SKIP_REGULAR_EXPRESSION_MATCHED'/>")
string(CONCAT results "<testsuite><testcase name='a.good' status='run'/>"
              "<testcase name='b.skipped' status='notrun'>${skipped}"
              "<system-out>SKIPPED: the reason is here</system-out></testcase></testsuite>")
file(WRITE "${WORK_DIR}/skipped.xml" "${results}")
string(REPLACE "${skipped}" "<skipped message='Disabled'/>" not_run "${results}")
file(WRITE "${WORK_DIR}/not_run.xml" "${not_run}")
string(REPLACE "status='run'" "status='fail'" failed "${results}")
file(WRITE "${WORK_DIR}/failed.xml" "${failed}")

# check(<file> <expected skips> <status> <text> [<option>...])
function(check file skips status text)
  file(WRITE "${WORK_DIR}/expected.txt" "# A comment.\n${skips}\n")
  execute_process(
    COMMAND python3 "${SOURCE_DIR}/scripts/detail/test_summary.py" ${ARGN}
            "${WORK_DIR}/expected.txt" "${WORK_DIR}/${file}.xml"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  string(FIND "${output}" "${text}" position)
  if(position EQUAL -1 OR NOT result EQUAL status)
    message(FATAL_ERROR "Wanted '${text}' and status ${status}, got status ${result} from ${file}, "
                        "'${skips}', ${ARGN}:\n${output}")
  endif()
endfunction()

set(expected "sometimes b\\.skipped reason is")
check(skipped "${expected}" 0 "1 passed, 0 failed, 1 skipped, 0 not run" --strict)
check(failed "${expected}" 0 "0 passed, 1 failed, 1 skipped, 0 not run" --strict)
check(not_run "${expected}" 1 "not run: b.skipped" --strict)
check(not_run "${expected}" 0 "not run: b.skipped")
# The whole name must fit, and the reason, and the condition.
check(skipped "sometimes b reason is" 1 "error: 1 skipped tests are not in" --strict)
check(skipped "sometimes b reason is" 0 "notice: 1 skipped tests are not in")
check(skipped "sometimes b\\.skipped other reason" 1 "skipped (not expected): b.skipped" --strict)
check(skipped "no-path:/no/such/file b\\.skipped reason" 0 "skipped: b.skipped" --strict)
check(skipped "no-path:/ b\\.skipped reason" 1 "skipped (not expected): b.skipped" --strict)
check(skipped "no-command:cmake b\\.skipped reason" 1 "(not expected)" --strict)
check(skipped "kernel-before:1.0 b\\.skipped reason" 1 "(not expected)" --strict)
check(skipped "kernel-before:999.0 b\\.skipped reason" 0 "skipped: b.skipped" --strict)
# A line for a test that nobody has. The summary of a part of the tests cannot tell.
check(skipped "${expected}\nsometimes c reason" 1 "no test has a name like this: c" --strict)
check(skipped "${expected}\nsometimes c reason" 0 "1 skipped" --strict --partial)
check(skipped "${expected}\nnightly c reason" 0 "1 skipped" --strict)
check(skipped "${expected}\nnightly c reason" 1 "no test has a name like this: c" --strict
      --nightly)
check(skipped "nightly b\\.skipped reason" 0 "skipped: b.skipped" --strict)
check(skipped "${expected}\nno-path:/no/such/file a.good x" 0 "nothing was skipped for this line"
      --strict)
check(skipped "never b reason" 2 "unknown condition 'never'")
check(skipped "sometimes b" 2 "three columns are needed")
check(skipped "sometimes ( reason" 2 "is not a regular expression")
check(no_such_file "${expected}" 2 "error: ")
check(skipped "${expected}" 2 "wrong arguments" --wrong)
