# Checks scripts/coverage: it counts the lines that the tests of a small project run, in two programs.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -DWORK_DIR=<directory> -P check_coverage.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/missing_program.cmake")

find_missing_program(missing clang++ llvm-cov llvm-profdata ninja python3)
if(missing)
  message("SKIPPED: there is no ${missing}")
  return()
endif()

set(tree "${WORK_DIR}/a tree")
file(REMOVE_RECURSE "${WORK_DIR}")
file(COPY "${SOURCE_DIR}/scripts/coverage" "${SOURCE_DIR}/scripts/detail"
     DESTINATION "${tree}/scripts")
file(COPY "${SOURCE_DIR}/cmake/EbpfKitSanitizers.cmake" DESTINATION "${tree}/cmake")
# The machine has the programs, so scripts/coverage needs no package.
file(WRITE "${tree}/modules/detail/packages.txt" "")
file(
  WRITE "${tree}/CMakeLists.txt"
  "cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
list(PREPEND CMAKE_MODULE_PATH \"\${PROJECT_SOURCE_DIR}/cmake\")
include(EbpfKitSanitizers)
enable_testing()
add_executable(ebpfkit src/room/choice.cpp src/room/main.cpp)
set_target_properties(ebpfkit PROPERTIES RUNTIME_OUTPUT_DIRECTORY bin)
ebpfkit_enable_sanitizers(ebpfkit)
add_subdirectory(tests/unit)
")
file(
  WRITE "${tree}/tests/unit/CMakeLists.txt"
  "foreach(name unit runtime)
  add_executable(ebpfkit_\${name}_tests \${name}.cpp \"\${PROJECT_SOURCE_DIR}/src/room/choice.cpp\")
  target_include_directories(ebpfkit_\${name}_tests PRIVATE \"\${PROJECT_SOURCE_DIR}\")
  ebpfkit_enable_sanitizers(ebpfkit_\${name}_tests)
  # To llvm-cov, all functions main() are one. GoogleTest's is not counted, either.
  set_source_files_properties(\${name}.cpp PROPERTIES COMPILE_OPTIONS
                              \"-fno-coverage-mapping;-fno-profile-instr-generate\")
  add_test(NAME unit.\${name} COMMAND ebpfkit_\${name}_tests)
endforeach()
add_dependencies(ebpfkit_unit_tests ebpfkit)
")
file(MAKE_DIRECTORY "${tree}/include")
file(
  WRITE "${tree}/src/room/choice.cpp"
  "int choice(int number) {
  if (number == 1)
    return 10;
  if (number == 2)
    return 20;
  return 30;
}
")
file(WRITE "${tree}/src/room/main.cpp" "int main() {\n  return 0;\n}\n")
set(call "int choice(int number);\nint main() {\n  return choice(")
file(WRITE "${tree}/tests/unit/unit.cpp" "${call}1) - 10;\n}\n")
file(WRITE "${tree}/tests/unit/runtime.cpp" "${call}2) - 20;\n}\n")

# check(<status> <regular expression> <argument>...): runs scripts/coverage over the tree.
function(check status expression)
  execute_process(
    COMMAND "${tree}/scripts/coverage" --build-dir "${WORK_DIR}/a build" ${ARGN}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT output MATCHES "${expression}" OR NOT result EQUAL status)
    message(
      FATAL_ERROR "scripts/coverage ${ARGN}: wanted '${expression}' and status ${status}, got "
                  "status ${result}:\n${output}")
  endif()
endfunction()

# Of the seven lines of choice(), each program runs others. Nothing runs the three lines of the third program.
check(0 "src/room +10 +6 +60\\.0 % +50\\.0 %\nall +10 +6 ")
check(0 "src/room +10 +3 +30\\.0 %" --tests "^unit.unit$" --html)
if(NOT EXISTS "${WORK_DIR}/a build/html/index.html")
  message(FATAL_ERROR "scripts/coverage --html writes no page.")
endif()
# The lines of a test that fails count, and its failure is one of the script.
file(WRITE "${tree}/tests/unit/unit.cpp" "${call}3) - 10;\n}\n")
check(1 "src/room +10 +[0-9]+ .*" --tests "^unit.unit$")
check(2 "unknown argument 'all'; see --help" all)
check(2 "--jobs takes a number from 1 on, not '0'" --jobs 0)
check(2 "--tests needs a value" --tests)
