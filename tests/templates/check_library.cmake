# Another project finds and links the installed library, as its README.md tells, without EbpfKit.
in_project(--install build/default --prefix "${WORK_DIR}/installed")
file(
  WRITE "${WORK_DIR}/user/CMakeLists.txt"
  "cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(my_library REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE my_library::my_library)
")
file(
  WRITE "${WORK_DIR}/user/main.cpp"
  "#include <my_library/packet_counter.hpp>
#include <exception>
#include <iostream>
int main() try {
  my_library::packet_counter counter(\"no interface\");
} catch (const std::exception& error) {
  std::cout << \"the library says: \" << error.what() << '\\n';
}
")
run("${CMAKE_COMMAND}" -S "${WORK_DIR}/user" -B "${WORK_DIR}/user/build" -G Ninja
    "-DCMAKE_PREFIX_PATH=${WORK_DIR}/installed" -DCMAKE_CXX_COMPILER=clang++)
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/user/build")
run("${WORK_DIR}/user/build/user")
expect_output("the library says: cannot")
