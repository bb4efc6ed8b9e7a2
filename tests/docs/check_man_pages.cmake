# The installed package has man pages, which groff sets without a warning where it is there: cmake -DPREFIX= -P
# check_man_pages.cmake
cmake_minimum_required(VERSION 3.25)

file(GLOB pages "${PREFIX}/share/man/man1/*.1")
foreach(page ebpfkit ebpfkit-new ebpfkit-inspect)
  if(NOT "${PREFIX}/share/man/man1/${page}.1" IN_LIST pages)
    message(FATAL_ERROR "The package lacks the man page ${page}(1). It has: ${pages}")
  endif()
endforeach()
find_program(GROFF groff)
if(GROFF)
  execute_process(COMMAND "${GROFF}" -man -ww -Tutf8 ${pages} OUTPUT_VARIABLE text
                  ERROR_VARIABLE warnings COMMAND_ERROR_IS_FATAL ANY)
  if(NOT warnings STREQUAL "")
    message(FATAL_ERROR "groff warns of the man pages:\n${warnings}")
  endif()
  if(NOT text MATCHES "List CO")
    message(FATAL_ERROR "The man pages have no text:\n${text}")
  endif()
endif()
