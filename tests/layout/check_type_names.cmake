# Checks that no two headers of the host tool define a type of the same name. All are in one namespace: the linker
# would silently take the destructor or the containers of one type for those of the other.
#
# cmake -DSOURCE_DIR=<source tree> -P check_type_names.cmake
cmake_minimum_required(VERSION 3.25)

file(GLOB headers RELATIVE "${SOURCE_DIR}" "${SOURCE_DIR}/src/*/*.hpp")
list(SORT headers)
set(faults "")
set(count 0)
foreach(header IN LISTS headers)
  # A definition begins a line and ends it with a brace. A line may contain a semicolon.
  file(STRINGS "${SOURCE_DIR}/${header}" lines
       REGEX "^(struct|class|enum class|enum) [a-z_0-9]+[^;]*{$")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^(struct|class|enum class|enum) ([a-z_0-9]+).*" "\\2" name "${line}")
    math(EXPR count "${count} + 1")
    if(DEFINED header_of_${name} AND NOT header_of_${name} STREQUAL header)
      list(APPEND faults "${header}: '${name}' is a type of ${header_of_${name}} too")
    endif()
    set(header_of_${name} "${header}")
  endforeach()
endforeach()
if(count LESS 50)
  list(APPEND faults "only ${count} types can be read in src/*/*.hpp")
endif()
if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "  ${faults}\n  Give one of the two another name.")
endif()
