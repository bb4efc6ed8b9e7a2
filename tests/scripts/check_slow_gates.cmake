# Checks the slow gates of scripts/check: each passes a small project, and finds a fault that is put into it.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -DWORK_DIR=<directory> -P check_slow_gates.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/missing_program.cmake")

find_missing_program(missing git clang++ clang-tidy llvm-cov llvm-profdata ninja python3)
if(missing)
  message("SKIPPED: there is no ${missing}")
  return()
endif()

set(tree "${WORK_DIR}/a tree")
file(REMOVE_RECURSE "${WORK_DIR}")
file(COPY "${SOURCE_DIR}/scripts/check" "${SOURCE_DIR}/scripts/coverage"
          "${SOURCE_DIR}/scripts/gates" "${SOURCE_DIR}/scripts/detail"
     DESTINATION "${tree}/scripts")
file(COPY "${SOURCE_DIR}/cmake/EbpfKitSanitizers.cmake" DESTINATION "${tree}/cmake")
# The machine has the programs, so scripts/check needs no package.
file(WRITE "${tree}/modules/detail/packages.txt" "")
file(
  WRITE "${tree}/CMakeLists.txt"
  "cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
list(PREPEND CMAKE_MODULE_PATH \"\${PROJECT_SOURCE_DIR}/cmake\")
include(EbpfKitSanitizers)
enable_testing()
add_subdirectory(src)
add_executable(ebpfkit tests.cpp)
set_target_properties(ebpfkit PROPERTIES RUNTIME_OUTPUT_DIRECTORY bin)
target_link_libraries(ebpfkit PRIVATE room)
add_subdirectory(tests/unit)
add_custom_target(ebpfkit_fuzzers)
add_test(NAME fuzz.small COMMAND \"\${CMAKE_COMMAND}\" -E cat found)
")
file(
  WRITE "${tree}/src/CMakeLists.txt"
  "add_library(room OBJECT room/half.cpp room/whole.cpp)
ebpfkit_enable_sanitizers(room)
")
file(
  WRITE "${tree}/tests/unit/CMakeLists.txt"
  "foreach(target ebpfkit_unit_tests ebpfkit_runtime_tests)
  add_executable(\${target} ../../tests.cpp)
  target_link_libraries(\${target} PRIVATE room)
  ebpfkit_enable_sanitizers(\${target})
  add_test(NAME unit.runtime_\${target} COMMAND \${target})
endforeach()
add_dependencies(ebpfkit_unit_tests ebpfkit)
")
file(MAKE_DIRECTORY "${tree}/include")
file(WRITE "${tree}/src/room/half.hpp" "double half(int number);\n")
set(half "#include \"half.hpp\"\ndouble half(int number) {\n  return ")
file(WRITE "${tree}/src/room/half.cpp" "${half}number / 2.0;\n}\n")
file(WRITE "${tree}/src/room/whole.cpp" "int whole(int number) {\n  return number;\n}\n")
file(WRITE "${tree}/tests.cpp" "int main() {}\n")
foreach(arguments "init;--quiet" "add;." "-c;user.name=a;-c;user.email=a@b;commit;--quiet;-m;first")
  execute_process(COMMAND git ${arguments} WORKING_DIRECTORY "${tree}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()

include("${CMAKE_CURRENT_LIST_DIR}/run_gates.cmake")

check(0 "1 of 1 sources need a check" tidy)
# Without a change the kept result is enough. A header counts as a change.
check(0 "0 of 1 sources need a check" tidy)
file(APPEND "${tree}/src/room/half.hpp" "double third(int number);\n")
check(0 "1 of 1 sources need a check" tidy --since HEAD)
file(WRITE "${tree}/src/room/half.cpp" "${half}number / 2;\n}\n")
check(1 "[bugprone-integer-division" tidy)
# A finding is no result that stays.
check(1 "[bugprone-integer-division" tidy --since HEAD)
execute_process(COMMAND git -c user.name=a -c user.email=a@b commit --quiet -am second
                WORKING_DIRECTORY "${tree}" COMMAND_ERROR_IS_FATAL ANY)
check(0 "0 of 1 sources need a check" tidy --since HEAD)

# A fuzzer that fails is a failure of the gate.
check(1 "fuzz.small (Failed)" sanitizers)
file(WRITE "${WORK_DIR}/results/sanitizers/found" "")
check(0 "sanitizers  passed" sanitizers)
# The same run counts lines: none of the six of the room is run.
check(0 "src/room                       6       0   0.0 %" sanitizers)
# Warnings of the compiler are errors.
file(WRITE "${tree}/tests.cpp" "#warning planted\nint main() {}\n")
check(1 "error: planted" sanitizers)
file(
  WRITE "${tree}/tests.cpp"
  "int main(int count, char**) {
  auto* numbers = new int[2]();
  const int number = numbers[count + 1];
  delete[] numbers;
  return number == 0 ? 0 : 1;
}
")
check(1 "AddressSanitizer: heap-buffer-overflow" sanitizers)
file(
  WRITE "${tree}/tests.cpp"
  "int main(int count, char**) {
  return (2147483647 + count) == 0 ? 1 : 0;
}
")
check(1 "signed integer overflow" sanitizers)
file(
  WRITE "${tree}/tests.cpp"
  "#include <pthread.h>
int number;
void* add(void*) {
  ++number;
  return nullptr;
}
int main() {
  pthread_t threads[2];
  for (auto& thread : threads) pthread_create(&thread, nullptr, add, nullptr);
  for (auto& thread : threads) pthread_join(thread, nullptr);
}
")
check(1 "ThreadSanitizer: data race" threads)
