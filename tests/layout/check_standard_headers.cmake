# Checks that every C++ file that uses std::uint32_t and its like includes <cstdint> itself. Other headers of
# the standard library bring these names with some compilers only.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -P check_integers.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files RELATIVE "${SOURCE_DIR}"
     "${SOURCE_DIR}/src/*.[ch]pp" "${SOURCE_DIR}/include/*.hpp" "${SOURCE_DIR}/tests/*.[ch]pp"
     "${SOURCE_DIR}/example*/*.[ch]pp" "${SOURCE_DIR}/templates/*.[ch]pp")
list(FILTER files EXCLUDE REGEX "^tests/real_programs/|/build/")
list(LENGTH files count)
if(count LESS 1)
  message(FATAL_ERROR "'${SOURCE_DIR}' has no C++ files.\n"
                      "  Name EbpfKit's sources: -DSOURCE_DIR=<directory>")
endif()
set(faults "")
foreach(file IN LISTS files)
  file(READ "${SOURCE_DIR}/${file}" text)
  # String literals and comments use nothing.
  string(REGEX REPLACE "\"([^\"\\\n]|\\\\.)*\"" "" code "${text}")
  string(REGEX REPLACE "//[^\n]*" "" code "${code}")
  if(code MATCHES "std::u?int(8|16|32|64)_t" AND NOT text MATCHES "(^|\n)#include <cstdint>")
    list(APPEND faults "${file}")
  endif()
endforeach()
if(faults)
  list(JOIN faults "\n  " faults)
  message(
    FATAL_ERROR
      "These files use std::uint32_t or its like and do not include <cstdint>:\n  ${faults}")
endif()
