# The kernels of a project's tests, as a file that a CI system makes its jobs of.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_note_kernels(<kernel>...)
#
# Adds the kernels to <top build directory>/ebpf/kernels.json, which is written at the end of the configure run: an array
# of names, each once, sorted. They are also labels of the tests.
function(_ebpf_note_kernels)
  get_property(is_noted GLOBAL PROPERTY _EBPF_NOTED_KERNELS SET)
  set_property(GLOBAL APPEND PROPERTY _EBPF_NOTED_KERNELS ${ARGN})
  if(NOT is_noted)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _ebpf_write_kernels)
  endif()
endfunction()

function(_ebpf_write_kernels)
  get_property(kernels GLOBAL PROPERTY _EBPF_NOTED_KERNELS)
  list(SORT kernels COMPARE NATURAL)
  list(REMOVE_DUPLICATES kernels)
  set(json "[]")
  set(index 0)
  foreach(kernel IN LISTS kernels)
    # The path of an image may have such characters.
    string(REPLACE "\\" "\\\\" kernel "${kernel}")
    string(REPLACE "\"" "\\\"" kernel "${kernel}")
    string(JSON json SET "${json}" ${index} "\"${kernel}\"")
    math(EXPR index "${index} + 1")
  endforeach()
  # One line, because the files of CI systems take the output of a command as a value.
  string(REGEX REPLACE "\n *" "" json "${json}")
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/ebpf/kernels.json" CONTENT "@json@\n" @ONLY)
endfunction()
