# Checks that src/rooms.cmake allows every #include "room/..." in src/, that its list has no loop and no edge
# that nothing uses, and that docs/architecture.md draws exactly these edges. Fails with one line for each
# fault, which also says what to do about it.
#
# cmake -DSOURCE_DIR=<EbpfKit's sources> -P check_includes.cmake
cmake_minimum_required(VERSION 3.25)
if(NOT DEFINED SOURCE_DIR OR NOT EXISTS "${SOURCE_DIR}/src/rooms.cmake")
  message(FATAL_ERROR "'${SOURCE_DIR}/src/rooms.cmake': there is no such file.\n"
                      "  Name EbpfKit's sources: -DSOURCE_DIR=<directory>")
endif()
include("${SOURCE_DIR}/src/rooms.cmake")

set(faults "")
set(edges "")
set(above runtime)
foreach(room IN LISTS EBPFKIT_ROOMS)
  foreach(other IN LISTS EBPFKIT_ROOM_${room})
    list(APPEND edges "${room}>${other}")
    if(NOT other IN_LIST above)
      list(APPEND faults
           "src/rooms.cmake: '${room}' may include '${other}', which does not stand above it."
           "  Put the rooms in an order in which each includes only rooms above it.")
    endif()
  endforeach()
  list(APPEND above "${room}")
endforeach()

# Every folder must be a room. Every file of a room may include only what the list allows.
file(
  GLOB folders
  LIST_DIRECTORIES TRUE
  RELATIVE "${SOURCE_DIR}/src"
  "${SOURCE_DIR}/src/*/*")
list(TRANSFORM folders REPLACE "/.*" "")
list(REMOVE_DUPLICATES folders)
set(used "")
foreach(room IN LISTS folders)
  # These are no rooms of the host tool: they are built for the target system, and for virtual machines.
  if(room MATCHES "^(runtime|guest)$")
    continue()
  endif()
  if(NOT room IN_LIST EBPFKIT_ROOMS)
    list(APPEND faults "src/${room}/: src/rooms.cmake has no such room."
         "  Add it there with the rooms that it includes, or move its files to the right room.")
    continue()
  endif()
  file(GLOB files "${SOURCE_DIR}/src/${room}/*.cpp" "${SOURCE_DIR}/src/${room}/*.hpp")
  foreach(file IN LISTS files)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${SOURCE_DIR}" OUTPUT_VARIABLE shown)
    # Do not put the lines of a source into a CMake list: they have semicolons and brackets.
    file(READ "${file}" text)
    string(REGEX REPLACE "[][;]" " " text "${text}")
    string(REPLACE "\n" ";" lines "${text}")
    set(number 0)
    foreach(line IN LISTS lines)
      math(EXPR number "${number} + 1")
      if(NOT line MATCHES "^[ \t]*#[ \t]*include[ \t]*\"([^\"]*)\"")
        continue()
      endif()
      set(header "${CMAKE_MATCH_1}")
      if(NOT header MATCHES "^([a-z_]+)/")
        list(APPEND faults "${shown}:${number}: \"${header}\" does not tell its room."
             "  Write #include \"${room}/${header}\".")
        continue()
      endif()
      set(other "${CMAKE_MATCH_1}")
      # The runtime library's public headers.
      if(other STREQUAL "ebpfkit")
        set(other runtime)
      endif()
      list(APPEND used "${room}>${other}")
      if(NOT other STREQUAL room AND NOT other IN_LIST EBPFKIT_ROOM_${room})
        list(JOIN EBPFKIT_ROOM_${room} ", " allowed)
        list(
          APPEND
          faults
          "${shown}:${number}: '${room}' must not include \"${header}\"; it may include: ${allowed}."
          "  Move what is needed to a room that both may include, or move this code to a later room."
        )
      endif()
    endforeach()
  endforeach()
endforeach()
foreach(edge IN LISTS edges)
  if(NOT edge IN_LIST used)
    string(REPLACE ">" "' may include '" text "${edge}")
    list(APPEND faults "src/rooms.cmake: '${text}', but no file does."
         "  Take it off the list: it would allow what nobody needs.")
  endif()
endforeach()

# The picture leaves out the edges to `support` and `runtime`, and those of `tool`: these rooms are there for
# all others.
set(picture "${SOURCE_DIR}/docs/architecture.md")
if(EXISTS "${picture}")
  list(FILTER edges EXCLUDE REGEX "^tool>|>support$|>runtime$")
  file(READ "${picture}" text)
  string(REGEX MATCHALL "\n *[a-z_]+ --> [a-z_]+" drawn "${text}")
  list(TRANSFORM drawn STRIP)
  # The arrow follows the data: it goes from the room that is included to the room that includes it.
  list(TRANSFORM drawn REPLACE "^([a-z_]+) --> ([a-z_]+)$" "\\2>\\1")
  foreach(edge IN LISTS edges)
    if(NOT edge IN_LIST drawn)
      string(REGEX REPLACE "^(.*)>(.*)$" "\\2 --> \\1" line "${edge}")
      list(APPEND faults "docs/architecture.md: the picture lacks an arrow of src/rooms.cmake."
           "  Add the line: ${line}")
    endif()
  endforeach()
  foreach(edge IN LISTS drawn)
    if(NOT edge IN_LIST edges)
      string(REGEX REPLACE "^(.*)>(.*)$" "\\2 --> \\1" line "${edge}")
      list(APPEND faults
           "docs/architecture.md: the picture has an arrow that src/rooms.cmake does not."
           "  Remove the line: ${line}")
    endif()
  endforeach()
endif()

if(faults)
  list(JOIN faults "\n" text)
  message(FATAL_ERROR "Rooms of src/:\n${text}")
endif()
list(LENGTH used count)
message(STATUS "${count} includes follow src/rooms.cmake")
