# What the tests of templates share. Include steps.cmake first.

# make_project(<template> [<argument of ebpfkit new>...])
#
# Makes the project `my_<template>` in WORK_DIR/project, which is empty then. Sets `project` and `name`.
macro(make_project template)
  set(project "${WORK_DIR}/project")
  set(name "my_${template}")
  file(REMOVE_RECURSE "${WORK_DIR}")
  file(MAKE_DIRECTORY "${WORK_DIR}")
  run("${PREFIX}/bin/ebpfkit" new ${name} --template ${template} --directory "${project}" ${ARGN})
  expect_output("cmake --preset default")
endmacro()

# in_project(<argument of cmake>...): runs CMake in the project's directory, where presets are found.
macro(in_project)
  require_checked_step()
  execute_process(
    COMMAND "${CMAKE_COMMAND}" ${ARGV}
    WORKING_DIRECTORY "${project}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  expect_success("cmake ${ARGV}")
endmacro()
