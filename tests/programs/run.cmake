# Runs one application, which checks its own result: cmake -DNAME= -DWORK_DIR= -DPREFIX= -DSYSROOT_CACHE= [-DKERNEL=]
# -P run.cmake
#
# KERNEL is the kernel of a virtual machine. Without it the application runs here.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../detail/steps.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../detail/sysroot.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../detail/machines.cmake")

# Needs what skip() of steps.cmake remembers.
function(run_application)
  set(application "${WORK_DIR}/build/${NAME}")
  if(DEFINED KERNEL)
    require_machines(${KERNEL})
    run("${PREFIX}/bin/ebpfkit" kernel run ${KERNEL} --file "${application}=/bin/${NAME}" --
        /bin/${NAME})
  else()
    execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT user EQUAL 0)
      skip("loading BPF programs needs root")
    endif()
    run("${application}")
  endif()
  message("${output}")
endfunction()

run_application()
mark_if_skipped()
