# Compiles the runtime library and its headers with one compiler, in each version of C++, with and without exceptions
# and RTTI. A warning is an error:
#   cmake -DCOMPILER=<program> -DKIT_DIR=<dir> -DWORK_DIR=<dir> -DSYSTEM_DIRECTORIES=<dirs> -DWITH_SYMBOLS=<bool>
#         -P compile_runtime.cmake
#
# The sources of a room are compiled as one, because most of the time goes into the headers that they share. The
# compiler makes no object files. WITH_SYMBOLS tells whether the headers of libdw are there.
cmake_minimum_required(VERSION 3.25)

# Clang 14 to 16 call C++23 so, and newer compilers know the name.
set(standards gnu++17 gnu++20 gnu++2b)
set(ways "-fexceptions -frtti" "-fno-exceptions -fno-rtti")

set(command "${COMPILER}" -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Werror
            "-I${KIT_DIR}/include")
foreach(directory IN LISTS SYSTEM_DIRECTORIES)
  list(APPEND command -isystem "${directory}")
endforeach()
# g++ takes the included sources for headers, whose classes must not have members of unnamed namespaces.
if(COMPILER MATCHES "/g\\+\\+[^/]*$")
  list(APPEND command -Wno-subobject-linkage)
endif()

# write_source(<name> <file>...): <name>.cpp includes the files.
function(write_source name)
  set(text "")
  foreach(file IN LISTS ARGN)
    string(APPEND text "#include \"${file}\"\n")
  endforeach()
  file(WRITE "${WORK_DIR}/${name}.cpp" "${text}")
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
file(GLOB headers "${KIT_DIR}/include/ebpfkit/*.hpp")
write_source(headers ${headers})
set(names headers)
file(GLOB rooms RELATIVE "${KIT_DIR}/src/runtime" "${KIT_DIR}/src/runtime/*")
foreach(room IN LISTS rooms)
  file(GLOB sources "${KIT_DIR}/src/runtime/${room}/*.cpp")
  if(sources AND (WITH_SYMBOLS OR NOT room STREQUAL "symbols"))
    write_source(${room} ${sources})
    list(APPEND names ${room})
  endif()
endforeach()
foreach(name headers attach object)
  if(NOT name IN_LIST names OR NOT headers)
    message(FATAL_ERROR "'${KIT_DIR}' has no ${name} of the runtime library: ${names}")
  endif()
endforeach()

# A source that warns must not compile. Otherwise the warnings are not on.
file(WRITE "${WORK_DIR}/warns.cpp" "char narrow(int number) { return number; }\n")
execute_process(COMMAND ${command} "${WORK_DIR}/warns.cpp" RESULT_VARIABLE result
                ERROR_VARIABLE errors)
if(result EQUAL 0 OR NOT errors MATCHES "conversion")
  message(
    FATAL_ERROR "'${COMPILER}' must refuse a source that warns. It returned ${result}:\n${errors}")
endif()

execute_process(COMMAND "${COMPILER}" --version OUTPUT_VARIABLE version)
string(REGEX REPLACE "\n.*" "" version "${version}")
message("${COMPILER}: ${version}")
set(failed "")
foreach(standard IN LISTS standards)
  foreach(way IN LISTS ways)
    separate_arguments(flags UNIX_COMMAND "-std=${standard} ${way}")
    set(compiled "")
    foreach(name IN LISTS names)
      execute_process(COMMAND ${command} ${flags} "${WORK_DIR}/${name}.cpp" RESULT_VARIABLE result)
      if(result EQUAL 0)
        list(APPEND compiled ${name})
      else()
        list(APPEND failed "${name} with -std=${standard} ${way}")
      endif()
    endforeach()
    list(JOIN compiled " " text)
    message("compiled with -std=${standard} ${way}: ${text}")
  endforeach()
endforeach()
if(failed)
  list(JOIN failed "\n  " failed)
  message(
    FATAL_ERROR "'${COMPILER}' (${version}) cannot compile:\n  ${failed}\nIts errors are above.")
endif()
