# Rejects a case that would pass although it checks nothing, because a file name is misspelt, a variable is
# misspelt, or a check never runs.
include_guard(GLOBAL)

# read_expectations(<expect.cmake>)
#
# Sets the variables of the file, or their defaults, in the caller's scope. The file may be missing. Any other
# variable in the file is an error, because its name is misspelt.
function(read_expectations file)
  set(known configure_arguments default_configuration configure_fails build_fails expected_texts
            absent_files only_builds build_arguments)
  set(configure_arguments "")
  set(default_configuration Debug)
  set(configure_fails FALSE)
  set(build_fails FALSE)
  set(expected_texts "")
  set(absent_files "")
  set(only_builds FALSE)
  set(build_arguments "")
  set(before "")
  set(after "")
  get_cmake_property(before VARIABLES)
  include("${file}" OPTIONAL)
  get_cmake_property(after VARIABLES)
  list(REMOVE_ITEM after ${before})
  list(FILTER after EXCLUDE REGEX "^CMAKE_")
  if(after)
    list(JOIN after ", " after)
    list(JOIN known ", " known)
    message(FATAL_ERROR "'${file}' sets ${after}, which means nothing here. Known are: ${known}.")
  endif()
  foreach(name IN LISTS known)
    set(${name} "${${name}}" PARENT_SCOPE)
  endforeach()
endfunction()

# check_files_of_case(): requires that the case checks something and uses all of its files.
function(check_files_of_case)
  set(check "${CHECK_DIR}/check.cmake")
  if(configure_fails AND build_fails)
    message(FATAL_ERROR "A case has configure_fails or build_fails, not both.")
  elseif(configure_fails OR build_fails)
    if(EXISTS "${check}")
      message(FATAL_ERROR "'${check}' is never run: the case must fail before.")
    elseif(only_builds)
      message(FATAL_ERROR "only_builds is set for a case that must fail.")
    endif()
  elseif(NOT expected_texts STREQUAL "" OR NOT absent_files STREQUAL "")
    message(
      FATAL_ERROR
        "expected_texts and absent_files are of a case with configure_fails or build_fails.")
  elseif(only_builds AND EXISTS "${check}")
    message(FATAL_ERROR "only_builds is set, and '${check}' is there.")
  elseif(NOT only_builds AND NOT EXISTS "${check}")
    message(
      FATAL_ERROR
        "'${CHECK_DIR}' checks nothing: it has no check.cmake, and its expect.cmake sets none of configure_fails, build_fails and only_builds."
    )
  endif()
  check_for_stray_files()
endfunction()

# check_for_stray_files(): requires that each file at the top of the folder is named by another file of the
# case. Otherwise the file is misspelt (chek.cmake) or left over. C and C++ sources are exempt: CMake refuses
# to build when one is missing, and some cases make up their names in a loop.
function(check_for_stray_files)
  file(GLOB top LIST_DIRECTORIES FALSE "${CHECK_DIR}/*")
  file(GLOB_RECURSE files LIST_DIRECTORIES FALSE "${CHECK_DIR}/*")
  foreach(path IN LISTS top)
    cmake_path(GET path FILENAME name)
    if(name MATCHES "^(CMakeLists\\.txt|expect\\.cmake|check\\.cmake)$|\\.(c|h|cpp|hpp)$")
      continue()
    endif()
    set(is_named FALSE)
    foreach(other IN LISTS files)
      if(NOT other STREQUAL path)
        file(READ "${other}" text)
        string(FIND "${text}" "${name}" position)
        if(NOT position EQUAL -1)
          set(is_named TRUE)
          break()
        endif()
      endif()
    endforeach()
    if(NOT is_named)
      message(
        FATAL_ERROR
          "No file of the case names '${path}'. If it should be check.cmake or expect.cmake, "
          "it is misspelt; else remove it.")
    endif()
  endforeach()
endfunction()

# check_absent_files(): requires that the build would make each file in absent_files, because a file that no
# rule makes is always absent. Only Ninja's build file shows this.
function(check_absent_files)
  if(NOT GENERATOR STREQUAL "Ninja" OR absent_files STREQUAL "")
    return()
  endif()
  file(READ "${build_dir}/build.ninja" rules)
  foreach(file IN LISTS absent_files)
    string(FIND "${rules}" "${file}" position)
    if(position EQUAL -1)
      message(FATAL_ERROR "absent_files: the build does not make '${file}'.")
    endif()
  endforeach()
endfunction()
