# Checks that each source of src/ includes the header of its own name first, so that compiling the source compiles
# the header alone. tests/headers/ compiles only the headers that have no such source. Checks also that each header
# begins with `#pragma once`: a file may include it twice.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -P check_own_headers.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE headers RELATIVE "${SOURCE_DIR}" "${SOURCE_DIR}/src/*.hpp"
                                                   "${SOURCE_DIR}/include/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "'${SOURCE_DIR}' has no headers.\n"
                      "  Name EbpfKit's sources: -DSOURCE_DIR=<directory>")
endif()
set(faults "")
foreach(header IN LISTS headers)
  # Comments may stand before the first directive.
  file(STRINGS "${SOURCE_DIR}/${header}" directives REGEX "^[ \t]*#" LIMIT_COUNT 1)
  if(NOT directives STREQUAL "#pragma once")
    list(APPEND faults "${header}: its first directive is not #pragma once.")
  endif()
  cmake_path(REPLACE_EXTENSION header LAST_ONLY cpp OUTPUT_VARIABLE source)
  if(NOT EXISTS "${SOURCE_DIR}/${source}")
    continue()
  endif()
  cmake_path(GET header FILENAME name)
  file(STRINGS "${SOURCE_DIR}/${source}" directives REGEX "^[ \t]*#" LIMIT_COUNT 1)
  if(NOT directives MATCHES "^#include \"([^\"]*/)?${name}\"$")
    list(
      APPEND faults "${source}: its first directive does not include its own header."
      "  Write #include \"${name}\", with the path that other files use, before all other includes."
    )
  endif()
endforeach()
if(faults)
  list(JOIN faults "\n" text)
  message(FATAL_ERROR "Headers of src/ and include/:\n${text}")
endif()
