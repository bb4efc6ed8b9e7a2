# For cases that need a sysroot. SYSROOT_CACHE is a directory that all of them share.

# require_sysroot(<target>): has the installed tool make the sysroot. Skips the case when this machine cannot.
macro(require_sysroot target)
  find_program(CMAKE_APT_GET apt-get)
  find_program(CMAKE_CLANG clang)
  find_program(CMAKE_LLD ld.lld)
  if(NOT CMAKE_APT_GET OR NOT CMAKE_CLANG OR NOT CMAKE_LLD)
    skip("there is no apt-get, no clang or no lld")
  endif()
  execute_process(
    COMMAND "${PREFIX}/bin/ebpfkit" sysroot build "${target}" --cache "${SYSROOT_CACHE}"
    OUTPUT_QUIET
    RESULT_VARIABLE CMAKE_SYSROOT_RESULT
    ERROR_VARIABLE CMAKE_SYSROOT_ERRORS)
  # Without a network there is nothing to test.
  if(CMAKE_SYSROOT_ERRORS MATCHES
     "cannot download|cannot read the lists|no lists of its distribution")
    skip("the sources cannot be had: ${CMAKE_SYSROOT_ERRORS}")
  elseif(NOT CMAKE_SYSROOT_RESULT EQUAL 0)
    message(FATAL_ERROR "sysroot build ${target}: ${CMAKE_SYSROOT_ERRORS}")
  endif()
endmacro()
