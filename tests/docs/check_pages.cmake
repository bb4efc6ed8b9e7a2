# The documentation builds without a warning, and its reference has what the sources have: cmake -DTOOL= -DVERSION=
# -DOUTPUT_DIR= -DSOURCE_DIR= -P check_pages.cmake
cmake_minimum_required(VERSION 3.25)

foreach(program sphinx-build doxygen dot)
  find_program(CMAKE_FOUND_${program} ${program})
  if(NOT CMAKE_FOUND_${program})
    message("SKIPPED: there is no ${program}")
    return()
  endif()
endforeach()
file(REMOVE_RECURSE "${OUTPUT_DIR}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" "-DTOOL=${TOOL}" "-DVERSION=${VERSION}" "-DOUTPUT_DIR=${OUTPUT_DIR}"
          -P "${SOURCE_DIR}/cmake/build_docs.cmake" COMMAND_ERROR_IS_FATAL ANY)

# expect_in_page(<page> <text>...)
function(expect_in_page page)
  file(READ "${OUTPUT_DIR}/html/${page}.html" text)
  foreach(expected IN LISTS ARGN)
    string(FIND "${text}" "${expected}" position)
    if(position EQUAL -1)
      message(SEND_ERROR "The page ${page} lacks '${expected}'.")
    endif()
  endforeach()
endfunction()

# Each command has a page with its keywords.
file(STRINGS "${SOURCE_DIR}/modules/EbpfKit.cmake" includes
     REGEX "^include.*/Ebpf[A-Za-z]+\\.cmake")
foreach(line IN LISTS includes)
  string(REGEX MATCH "/(detail/|toolchains/detail/)?(Ebpf[A-Za-z]+)\\.cmake" unused "${line}")
  if(CMAKE_MATCH_1 STREQUAL "" AND NOT CMAKE_MATCH_2 STREQUAL "EbpfInspect")
    string(REGEX REPLACE "([A-Z])" "_\\1" command "${CMAKE_MATCH_2}")
    string(SUBSTRING "${command}" 1 -1 command)
    string(TOLOWER "${command}" command)
    expect_in_page("reference/commands/${command}" "<h1>${command}<" "Errors")
  endif()
endforeach()
# Each variable that users set.
file(STRINGS "${SOURCE_DIR}/modules/EbpfKit.cmake" variables REGEX "^``EBPFKIT_")
foreach(line IN LISTS variables)
  string(REGEX MATCHALL "EBPFKIT_[A-Z_]+" names "${line}")
  expect_in_page("reference/variables" ${names})
endforeach()
# Each property.
file(READ "${SOURCE_DIR}/modules/detail/EbpfProperties.cmake" text)
string(REGEX MATCHALL "PROPERTY EBPF_[A-Z_]+" properties "${text}")
list(REMOVE_ITEM properties "PROPERTY EBPF_OWN_")
list(TRANSFORM properties REPLACE "PROPERTY " ">")
expect_in_page("reference/properties" ${properties} "EBPF_OWN_COMPILE_OPTIONS")
# Each header of the runtime, and each subcommand of the tool.
file(GLOB headers RELATIVE "${SOURCE_DIR}/include/ebpfkit" "${SOURCE_DIR}/include/ebpfkit/*.hpp")
expect_in_page("reference/runtime-api" ${headers} "set_max_entries" "attach_xdp")
expect_in_page("reference/subcommands" "ebpfkit core check" "ebpfkit inspect dump-map"
               "ebpfkit manual")
expect_in_page("reference/commands/index" "id=\"target-EbpfKit-runtime\"")
# Links: within a page, to another page, of a name to where it is explained, and to a file outside of docs/.
expect_in_page("troubleshooting" "href=\"#the-build-stops\"" "href=\"how-to/install.html\"")
expect_in_page("explanation/how-it-works"
               "href=\"../reference/commands/ebpf_add_program.html#ebpf-add-program\"")
expect_in_page("overview" "<span class=\"pre\">modules</span>")
expect_in_page("reference/targets" "target-list-progs" "xdp-advice")
