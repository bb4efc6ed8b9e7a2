# For cases that boot kernels that they build. Include machines.cmake before, and call require_machines().

# require_built_kernel(<name> <fragment>)
#
# Has the installed tool build the kernel of the newest linux-source of this machine into the shared cache. Then it has
# the tool build it again, which must do nothing. Skips the case when the sources cannot be had.
macro(require_built_kernel name fragment)
  foreach(CMAKE_BUILD_ROUND first second)
    execute_process(COMMAND "${PREFIX}/bin/ebpfkit" kernel build "${name}" --fragment "${fragment}"
                    ERROR_VARIABLE CMAKE_BUILD_ERRORS RESULT_VARIABLE CMAKE_BUILD_RESULT)
    is_without_sources(CMAKE_SOURCE_IS_AWAY "${CMAKE_BUILD_ERRORS}")
    if(CMAKE_SOURCE_IS_AWAY)
      skip("the sources cannot be had: ${CMAKE_BUILD_ERRORS}")
    elseif(NOT CMAKE_BUILD_RESULT EQUAL 0)
      message(FATAL_ERROR "kernel build ${name}: ${CMAKE_BUILD_ERRORS}")
    endif()
  endforeach()
  if(NOT CMAKE_BUILD_ERRORS MATCHES "the cache has it, built from the same sources and options")
    message(FATAL_ERROR "A second build of ${name} does something: ${CMAKE_BUILD_ERRORS}")
  endif()
endmacro()
