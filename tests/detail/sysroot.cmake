# For cases that need a sysroot. SYSROOT_CACHE is a directory that all of them share.

# is_without_sources(<out> <errors>)
#
# Sets <out> to whether `ebpfkit sysroot build` says that this machine has no network or no package lists. Then
# there is nothing to test. All other errors are faults.
function(is_without_sources out errors)
  set(${out} FALSE PARENT_SCOPE)
  if(errors
     MATCHES
     "Could not resolve|Could not connect|Temporary failure|Network is unreachable|Connection timed out|no lists of its distribution"
  )
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# require_sysroot(<target>): has the installed tool make the sysroot, and sets CMAKE_SYSROOT_DIRECTORY to its
# directory. Skips the case when this machine cannot.
macro(require_sysroot target)
  find_program(CMAKE_APT_GET apt-get)
  find_program(CMAKE_CLANG clang)
  find_program(CMAKE_LLD ld.lld)
  if(NOT CMAKE_APT_GET OR NOT CMAKE_CLANG OR NOT CMAKE_LLD)
    skip("there is no apt-get, no clang or no lld")
  endif()
  execute_process(
    COMMAND "${PREFIX}/bin/ebpfkit" sysroot build "${target}" --cache "${SYSROOT_CACHE}"
    OUTPUT_VARIABLE CMAKE_SYSROOT_DIRECTORY
    OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE CMAKE_SYSROOT_RESULT
    ERROR_VARIABLE CMAKE_SYSROOT_ERRORS)
  is_without_sources(CMAKE_SYSROOT_IS_AWAY "${CMAKE_SYSROOT_ERRORS}")
  if(CMAKE_SYSROOT_IS_AWAY)
    skip("the sources cannot be had: ${CMAKE_SYSROOT_ERRORS}")
  elseif(NOT CMAKE_SYSROOT_RESULT EQUAL 0)
    message(FATAL_ERROR "sysroot build ${target}: ${CMAKE_SYSROOT_ERRORS}")
  endif()
endmacro()

# write_target_compiler(<directory> <prefix> <target> <sysroot>)
#
# Writes programs <prefix>-gcc, <prefix>-g++ and <prefix>-ar that stand in for the toolchain of an SDK: they run
# clang with the sysroot. Like OpenWrt's compiler, they want STAGING_DIR in the environment when REQUIRE_STAGING_DIR
# stands behind the arguments, but the stand-ins insist on it.
function(write_target_compiler directory prefix triple sysroot)
  set(check "")
  if("REQUIRE_STAGING_DIR" IN_LIST ARGN)
    set(check "[ -n \"$STAGING_DIR\" ] || { echo 'no STAGING_DIR' >&2; exit 1; }\n")
  endif()
  foreach(pair gcc:clang g++:clang++)
    string(REGEX MATCH "^(.*):(.*)$" pair "${pair}")
    file(
      WRITE "${directory}/${prefix}-${CMAKE_MATCH_1}"
      "#!/bin/sh\n${check}exec ${CMAKE_MATCH_2} --target=${triple} --sysroot='${sysroot}' \\\n"
      "  -resource-dir='${sysroot}/resource' --gcc-toolchain='${sysroot}/usr' -nostdinc++ \\\n"
      "  -cxx-isystem '${sysroot}/usr/include/c++/v1' -stdlib=libc++ -rtlib=compiler-rt \\\n"
      "  -unwindlib=libunwind -fuse-ld=lld -Wno-unused-command-line-argument \"$@\"\n")
  endforeach()
  file(WRITE "${directory}/${prefix}-ar" "#!/bin/sh\nexec llvm-ar \"$@\"\n")
  foreach(name gcc g++ ar)
    file(CHMOD "${directory}/${prefix}-${name}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endforeach()
endfunction()
