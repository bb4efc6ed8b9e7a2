# Runs the application that check_template.cmake has built in a virtual machine, whose kernel has what the running one
# may lack: cmake -DTEMPLATE= -DWORK_DIR= -DPREFIX= -DSYSROOT_CACHE= -P run_in_machine.cmake
#
# WORK_DIR is that of check_template.cmake.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../detail/steps.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../detail/sysroot.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../detail/machines.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/runs.cmake")

# Needs what skip() of steps.cmake remembers.
function(run_application)
  require_machines(${kernel_${TEMPLATE}})
  find_program(CMAKE_BASH bash REQUIRED)
  find_program(CMAKE_SLEEP sleep REQUIRED)
  find_program(CMAKE_RM rm REQUIRED)
  find_program(CMAKE_TRUE true REQUIRED)
  write_script("${WORK_DIR}/run.sh" ${TEMPLATE} /bin/application)
  run("${PREFIX}/bin/ebpfkit"
      kernel
      run
      ${kernel_${TEMPLATE}}
      --file
      "${WORK_DIR}/project/build/default/my_${TEMPLATE}=/bin/application"
      --file
      "${CMAKE_BASH}=/bin/bash"
      --file
      "${CMAKE_SLEEP}=/bin/sleep"
      --file
      "${CMAKE_RM}=/bin/rm"
      --file
      "${CMAKE_TRUE}=/bin/true"
      --file
      "${WORK_DIR}/run.sh=/bin/run.sh"
      --
      /bin/bash
      /bin/run.sh)
  if(NOT output MATCHES "${output_${TEMPLATE}}")
    message(FATAL_ERROR "The application does not print ${output_${TEMPLATE}}:\n${output}")
  endif()
endfunction()

run_application()
mark_if_skipped()
