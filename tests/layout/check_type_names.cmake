# Checks that no two headers of the host tool define a type of the same name, and no two headers of the runtime
# library. All types of one of them are in one namespace, or in a few: the linker would silently take the destructor or
# the functions of one type for those of the other.
#
# cmake -DSOURCE_DIR=<source tree> -P check_type_names.cmake
cmake_minimum_required(VERSION 3.25)

set(faults "")

# check_headers(<part> <least number of types> <pattern>...)
function(check_headers part least)
  list(TRANSFORM ARGN PREPEND "${SOURCE_DIR}/" OUTPUT_VARIABLE patterns)
  file(GLOB headers RELATIVE "${SOURCE_DIR}" ${patterns})
  list(SORT headers)
  set(count 0)
  foreach(header IN LISTS headers)
    # A definition begins a line and ends it with a brace. A line may contain a semicolon.
    file(STRINGS "${SOURCE_DIR}/${header}" lines
         REGEX "^(struct|class|enum class|enum) (\\[\\[nodiscard\\]\\] )?[a-z_0-9]+[^;]*{$")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^(struct|class|enum class|enum) (\\[\\[nodiscard\\]\\] )?([a-z_0-9]+).*"
                           "\\3" name "${line}")
      math(EXPR count "${count} + 1")
      # A specialisation of a template has the template's name.
      if(DEFINED header_of_${name} AND NOT header_of_${name} STREQUAL header AND NOT line MATCHES
                                                                                 "<")
        list(APPEND faults "${header}: '${name}' is a type of ${header_of_${name}} too")
      endif()
      set(header_of_${name} "${header}")
    endforeach()
  endforeach()
  if(count LESS least)
    list(APPEND faults "only ${count} types can be read in the headers of ${part}")
  endif()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

check_headers("the host tool" 50 "src/*/*.hpp")
check_headers("the runtime library" 30 "src/runtime/*/*.hpp" "include/ebpfkit/*.hpp")
if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "  ${faults}\n  Give one of the two another name.")
endif()
