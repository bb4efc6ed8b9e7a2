# Checks that no file of the host tool but src/support/terminal.cpp prints: what is printed must go through it.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -P check_prints.cmake
cmake_minimum_required(VERSION 3.25)
if(NOT DEFINED SOURCE_DIR OR NOT EXISTS "${SOURCE_DIR}/src/support/terminal.cpp")
  message(FATAL_ERROR "'${SOURCE_DIR}/src/support/terminal.cpp': there is no such file.\n"
                      "  Name EbpfKit's sources: -DSOURCE_DIR=<directory>")
endif()

file(GLOB_RECURSE files RELATIVE "${SOURCE_DIR}" "${SOURCE_DIR}/src/*.[ch]pp")
list(FILTER files EXCLUDE REGEX "^src/(runtime/|support/terminal\\.cpp$)")
set(faults "")
foreach(file IN LISTS files)
  file(
    STRINGS "${SOURCE_DIR}/${file}" lines
    REGEX
      "fmt::print\\(|std::(cout|cerr|clog|puts|fputs|fputc|putchar|printf|fprintf|fwrite|perror)[^a-z]"
  )
  foreach(line IN LISTS lines)
    list(APPEND faults "${file}: ${line}")
  endforeach()
endforeach()
list(LENGTH files count)
if(count LESS 100)
  message(FATAL_ERROR "Only ${count} files were read: the check looks in the wrong place.")
endif()
if(faults)
  list(JOIN faults "\n" faults)
  message(
    FATAL_ERROR
      "These lines print without support/terminal.hpp, so that text of strangers could be a "
      "command to the terminal:\n${faults}\n  Call print_output() or print_error().")
endif()
