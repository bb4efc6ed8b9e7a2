# Checks scripts/mutations --check: it must refuse each faulty list, and say why.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -DWORK_DIR=<directory> -P find_faults.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK_DIR}")
file(COPY "${SOURCE_DIR}/scripts/mutations" DESTINATION "${WORK_DIR}/scripts")
file(COPY "${SOURCE_DIR}/tests/mutations/mutation_list.py"
          "${SOURCE_DIR}/tests/mutations/mutated_tree.py" DESTINATION "${WORK_DIR}/tests/mutations")
file(WRITE "${WORK_DIR}/one.cpp" "int one = 1;\nint two = 1 + 1;\n")
file(WRITE "${WORK_DIR}/one.cmake" "set(one 1)\n")

# check(<list> <text>): the check must say the text. The text "1 mutations fit" means that it finds no fault.
function(check list text)
  file(WRITE "${WORK_DIR}/tests/mutations/mutations.txt" "${list}")
  execute_process(
    COMMAND "${WORK_DIR}/scripts/mutations" --check
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  string(FIND "${output}" "${text}" position)
  if(text MATCHES "fit")
    set(wanted 0)
  else()
    set(wanted 2)
  endif()
  if(position EQUAL -1 OR NOT result EQUAL wanted)
    message(FATAL_ERROR "Wanted '${text}' and status ${wanted}, got status ${result}:\n${output}")
  endif()
endfunction()

set(head "entry\n  file: one.cpp\n  way: expression\n  tests: ^unit\n")
check("${head}  within: one = 1\n  - 1\n  + 2\n" "1 mutations fit their files")
check("${head}  - one = 1\n  + 2\n" "1 mutations fit their files")
check("${head}  - three\n  + 2\n" "'entry': 'three' occurs 0 times in 'one.cpp'")
check("${head}  - 1\n  + 2\n" "'entry': '1' occurs 3 times in 'one.cpp'")
check("${head}  within: two\n  - 1\n  + 2\n" "'entry': '1' occurs 0 times in 'one.cpp'")
check("${head}  - two\n  + two\n" "'entry' changes nothing")
check("${head}  + two\n" "'entry' has no '-'")
check("${head}  file: two.cpp\n  - two\n" "'entry' has 'file' twice")
check("${head}  fiel: two.cpp\n" "'fiel: two.cpp' means nothing")
check("  file: one.cpp\n" "the first entry has no name")
check("${head}  - one\n${head}  - two\n" "two entries have the name 'entry'")
check("${head}  - 1 + 1\nother\n  file: one.cpp\n  way: expression\n  tests: x\n  - + 1\n"
      "'other' overlaps another entry of 'one.cpp'")
string(REPLACE "one.cpp" "one.cmake" cmake "${head}")
check("${cmake}  - set\n" "'one.cmake' cannot be mutated as expression")
string(REPLACE "expression" "text" cmake "${cmake}")
check("${cmake}  - set\n" "1 mutations fit their files")
string(REPLACE "one.cmake" "two.cmake" cmake "${cmake}")
check("${cmake}  - set\n" "'two.cmake': No such file or directory")
check("entry\n  file: one.cpp\n  way: text\n  tests: ^unit\n  - one\n" "cannot be mutated as text")
string(REPLACE "^unit" "(" head "${head}")
check("${head}  - one\n" "tests '(' is no regular expression")
