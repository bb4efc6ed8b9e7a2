# Checks scripts/check: each quick gate passes a small tree, and finds a fault that is put into it.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -DWORK_DIR=<directory> -P check_gates.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/missing_program.cmake")

find_missing_program(missing git shellcheck codespell cppcheck clang-format cmake-format)
if(missing)
  message("SKIPPED: there is no ${missing}")
  return()
endif()

set(tree "${WORK_DIR}/a tree")
file(REMOVE_RECURSE "${WORK_DIR}")
file(COPY "${SOURCE_DIR}/scripts/check" "${SOURCE_DIR}/scripts/format" "${SOURCE_DIR}/scripts/gates"
          "${SOURCE_DIR}/scripts/detail" DESTINATION "${tree}/scripts")
# The machine has the programs, so scripts/check needs no package.
file(WRITE "${tree}/modules/detail/packages.txt" "")
file(WRITE "${tree}/scripts/gates/spelling.txt" "# No word.\n")
file(WRITE "${tree}/scripts/gates/cppcheck.txt" "# Nothing.\n")
file(COPY "${SOURCE_DIR}/.clang-format" "${SOURCE_DIR}/.cmake-format.yaml"
          "${SOURCE_DIR}/.shellcheckrc" DESTINATION "${tree}")
file(WRITE "${tree}/src/room/number.cpp" "int number() {\n  return 1;\n}\n")
file(WRITE "${tree}/CMakeLists.txt" "project(a)\n")
file(WRITE "${tree}/a command" "#!/bin/sh\necho \"\$1\"\n")
execute_process(COMMAND git init --quiet "${tree}" COMMAND_ERROR_IS_FATAL ANY)

include("${CMAKE_CURRENT_LIST_DIR}/run_gates.cmake")

# fault(<gate> <text> <file> <content>): the gate finds the fault in the file. Afterwards the file is as before.
function(fault gate text file content)
  set(before "")
  if(EXISTS "${tree}/${file}")
    file(READ "${tree}/${file}" before)
  endif()
  file(WRITE "${tree}/${file}" "${content}")
  check(1 "${text}" ${gate})
  file(REMOVE "${tree}/${file}")
  if(before)
    file(WRITE "${tree}/${file}" "${before}")
  endif()
endfunction()

check(0 "cppcheck    passed")
fault(format "code should be clang-formatted" src/room/number.cpp "int number() { return  1; }\n")
fault(format "CMakeLists.txt" CMakeLists.txt "project( a )\n")
fault(shellcheck "SC2086" "a command" "#!/bin/sh\necho $1\n")
fault(shellcheck "SC2086" sourced.sh "# shellcheck shell=sh\necho $1\n")
fault(spelling "src/room/number.cpp:1: 'recieve' is misspelt. Perhaps: receive" src/room/number.cpp
      "// To recieve.\n")
fault(spelling "scripts/gates/spelling.txt:1: codespell does not find 'recieve'"
      scripts/gates/spelling.txt "recieve * because\n")
fault(spelling "spelling.txt:1: three columns are needed" scripts/gates/spelling.txt "recieve *\n")
fault(cppcheck "[arrayIndexOutOfBounds]" src/room/number.cpp
      "int number() {\n  int numbers[2] = {};\n  return numbers[2];\n}\n")
# The mended file passes, although the gate keeps results.
check(0 "cppcheck    passed" cppcheck)

# A word of the list is right in its file only.
file(WRITE "${tree}/scripts/gates/spelling.txt" "recieve src/room/number.cpp because\n")
file(WRITE "${tree}/src/room/number.cpp" "// To recieve.\n")
check(0 "spelling    passed" spelling)
file(WRITE "${tree}/src/room/other.cpp" "// To recieve.\n")
check(1 "src/room/other.cpp:1: 'recieve' is misspelt" spelling)
# One gate fails, and the others still run.
check(1 "spelling    FAILED" spelling cppcheck)
check(1 "cppcheck    passed" spelling cppcheck)

check(2 "there is no gate 'speling'" speling)
check(2 "--jobs takes a number from 1 on, not '0'" --jobs 0)
check(2 "--jobs needs a value" --jobs)
check(2 "git knows no commit 'nothing' here" --since nothing)
