#[=[.rst:
fill.cmake
----------

Writes the files that make a package for OpenWrt or Yocto of a project that uses EbpfKit::

  cmake -DNAME=<name> -DVERSION=<version> -DPROJECT_DIR=<dir> -DOUTPUT_DIR=<dir> [-DPROGRAM=<program>]
        [-DSUMMARY=<text>] [-DLICENSE=<SPDX>] [-DLICENSE_FILE=<file>] [-DEBPFKIT_SOURCE_DIR=<dir>]
        -P <prefix>/share/ebpfkit/templates/fill.cmake

``NAME``, ``VERSION``
  Of the package. OpenWrt and Yocto allow small letters, digits and ``+ - .`` in names.
``PROJECT_DIR``
  The project's clean checkout: its CMakeLists.txt installs the program with ``install(TARGETS ...)``.
``OUTPUT_DIR``
  Gets ``openwrt/<name>/Makefile`` and ``yocto/<name>_<version>.bb``.
``PROGRAM``
  The installed program. Default: NAME.
``LICENSE``, ``LICENSE_FILE``
  An SPDX expression, default ``CLOSED``; and the licence's file in PROJECT_DIR, default ``LICENSE``.
``EBPFKIT_SOURCE_DIR``
  EbpfKit's sources. With them, OUTPUT_DIR also gets ``openwrt/ebpfkit/Makefile`` and
  ``yocto/ebpfkit-native_<version>.bb``, which build EbpfKit for the build machine.

docs/routers.md shows what to do with the files.
#]=]
cmake_minimum_required(VERSION 3.25)

# check(<variable> <pattern> <what is allowed>): make and BitBake would take other characters for their own.
function(check variable pattern allowed)
  if(NOT DEFINED ${variable} OR "${${variable}}" STREQUAL "")
    message(FATAL_ERROR "fill.cmake: ${variable} is missing.\n"
                        "  Write cmake -D${variable}=<value> ... -P fill.cmake.")
  elseif(NOT "${${variable}}" MATCHES "^${pattern}$")
    message(FATAL_ERROR "fill.cmake: ${variable} is '${${variable}}'.\n  Use ${allowed} only.")
  endif()
endfunction()

# directory(<variable> <file>): makes the path absolute. The directory must have the file.
macro(directory variable file)
  cmake_path(ABSOLUTE_PATH ${variable} NORMALIZE)
  check(${variable} "[A-Za-z0-9/._+~-]+" "letters, digits and / . _ + ~ - in paths")
  if(NOT EXISTS "${${variable}}/${file}")
    message(FATAL_ERROR "fill.cmake: ${variable} '${${variable}}' has no file ${file}.\n"
                        "  Name the directory that has it: -D${variable}=<dir>.")
  endif()
endmacro()

foreach(default IN ITEMS "PROGRAM=${NAME}" "SUMMARY=${NAME}" LICENSE=CLOSED LICENSE_FILE=LICENSE)
  string(REGEX MATCH "^[A-Z_]+" variable "${default}")
  if(NOT DEFINED ${variable})
    string(REGEX REPLACE "^[A-Z_]+=" "" ${variable} "${default}")
  endif()
endforeach()
check(NAME "[a-z0-9][a-z0-9.+-]*" "small letters, digits and . + -")
check(VERSION "[0-9][0-9A-Za-z.+~]*" "digits, letters and . + ~, beginning with a digit,")
check(PROGRAM "[A-Za-z0-9._+-]+" "letters, digits and . _ + -")
check(SUMMARY "[A-Za-z0-9 .,:_+/-]+" "letters, digits, spaces and . , : _ + / -")
check(LICENSE "[A-Za-z0-9 .+()-]+" "an SPDX expression")
check(OUTPUT_DIR ".+" "a path")
check(PROJECT_DIR ".+" "a path")
check(LICENSE_FILE "[A-Za-z0-9/._+-]+" "letters, digits and / . _ + -")
directory(PROJECT_DIR CMakeLists.txt)
directory(PROJECT_DIR "${LICENSE_FILE}")
file(MD5 "${PROJECT_DIR}/${LICENSE_FILE}" LICENSE_MD5)
cmake_path(ABSOLUTE_PATH OUTPUT_DIR NORMALIZE)

set(templates "${CMAKE_CURRENT_LIST_DIR}")
configure_file("${templates}/openwrt-package/Makefile" "${OUTPUT_DIR}/openwrt/${NAME}/Makefile"
               @ONLY)
configure_file("${templates}/yocto-recipe/NAME_VERSION.bb"
               "${OUTPUT_DIR}/yocto/${NAME}_${VERSION}.bb" @ONLY)

if(DEFINED EBPFKIT_SOURCE_DIR)
  directory(EBPFKIT_SOURCE_DIR modules/EbpfKit.cmake)
  directory(EBPFKIT_SOURCE_DIR LICENSE)
  file(READ "${EBPFKIT_SOURCE_DIR}/CMakeLists.txt" text)
  string(REGEX MATCH "project\\([^)]*VERSION[ \n]+([0-9.]+)" version "${text}")
  set(EBPFKIT_VERSION "${CMAKE_MATCH_1}")
  if(EBPFKIT_VERSION STREQUAL "")
    message(
      FATAL_ERROR
        "fill.cmake: '${EBPFKIT_SOURCE_DIR}/CMakeLists.txt' has no project(... VERSION <version>).\n"
        "  Name the sources of EbpfKit: -DEBPFKIT_SOURCE_DIR=<dir>")
  endif()
  file(MD5 "${EBPFKIT_SOURCE_DIR}/LICENSE" EBPFKIT_LICENSE_MD5)
  configure_file("${templates}/openwrt-host-package/Makefile"
                 "${OUTPUT_DIR}/openwrt/ebpfkit/Makefile" @ONLY)
  configure_file("${templates}/yocto-recipe/ebpfkit-native_VERSION.bb"
                 "${OUTPUT_DIR}/yocto/ebpfkit-native_${EBPFKIT_VERSION}.bb" @ONLY)
endif()
