# Tests detail/as_root with an `id` and a `sudo` of its own, because the test may run as root or without sudo:
#   cmake -DWORK_DIR= -P run_as_root_test.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK_DIR}")
set(launcher "${CMAKE_CURRENT_LIST_DIR}/../detail/as_root")

# write_command(<name> <text>): a command that is found before the system's.
function(write_command name text)
  file(WRITE "${WORK_DIR}/bin/${name}" "#!/bin/sh\n${text}\n")
  file(CHMOD "${WORK_DIR}/bin/${name}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endfunction()

# expect(<regular expression> <argument of as_root>...): runs as_root and looks at what it prints.
function(expect expected)
  execute_process(
    COMMAND "${launcher}" ${ARGN}
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output
    RESULT_VARIABLE result)
  if(NOT result EQUAL 0 OR NOT output MATCHES "${expected}")
    message(FATAL_ERROR "'as_root ${ARGN}' ends with ${result} and prints:\n${output}\n"
                        "  Expected: ${expected}")
  endif()
endfunction()

set(ENV{PATH} "${WORK_DIR}/bin:$ENV{PATH}")
set(ENV{EBPFKIT_EXAMPLE} "one two")
set(ENV{GTEST_COLOR} no)
set(ENV{UNRELATED} value)
# sudo -n -- env ...: without the environment that the caller has.
write_command(
  sudo "[ \"$1 $2\" = '-n --' ] && shift 2 && echo through sudo && exec /usr/bin/env -i \"$@\"")
write_command(program
              "echo \"arguments: $*, environment: $EBPFKIT_EXAMPLE,$GTEST_COLOR,$UNRELATED.\"")

write_command(id "echo 1000")
expect("^through sudo\narguments: --gtest_filter=a b, environment: one two,no,\\.\n$" program
       --gtest_filter=a b)
expect("^arguments: --gtest_list_tests, environment: one two,no,value\\.\n$" program
       --gtest_list_tests)
write_command(id "echo 0")
expect("^arguments: a, environment: one two,no,value\\.\n$" program a)
