# Builds are killed, with all their processes, at moments that differ. Afterwards a build gives the same bytes as
# one that nobody disturbed, and no temporary file is left that the next build does not clear away. EBPFKIT_ROUNDS
# in the environment is the number of builds that are killed.
find_program(PKILL pkill REQUIRED)
set(outputs prog.bpf.o ebpf/skeleton/include/prog.skel.h ebpf/skeleton/include/prog.skel.hpp
            ebpf/embedded/embedded.btf-bundle)

# change(<number>): changes what every output depends on.
function(change number)
  file(WRITE "${source_dir}/number.h" "#define NUMBER ${number}\n")
  touch("${source_dir}/number.h")
endfunction()

# read_digests(<out>): the digests of all outputs.
function(read_digests out)
  set(digests "")
  foreach(file IN LISTS outputs)
    file(SHA256 "${build_dir}/${file}" digest)
    list(APPEND digests ${digest})
  endforeach()
  set(${out} "${digests}" PARENT_SCOPE)
endfunction()

# find_left(<out>): the temporary files and directories. GLOB finds all directories, whatever their names are.
function(find_left out)
  file(GLOB_RECURSE left LIST_DIRECTORIES TRUE "${build_dir}/.ebpfkit-*.tmp")
  list(FILTER left INCLUDE REGEX "/\\.ebpfkit-[0-9a-f]+\\.tmp$")
  set(${out} "${left}" PARENT_SCOPE)
endfunction()

foreach(number 1 2)
  change(${number})
  build()
  expect_success("building undisturbed")
  read_digests(CMAKE_digests_${number})
endforeach()
if(CMAKE_digests_1 STREQUAL CMAKE_digests_2)
  message(FATAL_ERROR "The outputs do not depend on the number.")
endif()

set(CMAKE_rounds "$ENV{EBPFKIT_ROUNDS}")
if(CMAKE_rounds STREQUAL "")
  set(CMAKE_rounds 5)
endif()
foreach(CMAKE_round RANGE 1 ${CMAKE_rounds})
  math(EXPR CMAKE_number "${CMAKE_round} % 2 + 1")
  # From 0.02 seconds on: all steps take about half a second.
  string(RANDOM LENGTH 2 ALPHABET 0123456789 CMAKE_delay)
  math(EXPR CMAKE_delay "1${CMAKE_delay} - 100")
  change(${CMAKE_number})
  execute_process(
    COMMAND
      sh -c
      "setsid \"$1\" --build \"$2\" --parallel 4 & sleep 0.$(printf %02d $3); \"$4\" -KILL -s $!; wait"
      sh "${CMAKE_COMMAND}" "${build_dir}" ${CMAKE_delay} "${PKILL}"
    OUTPUT_QUIET ERROR_QUIET)
  # An output is complete, whether it is old or new.
  if(CMAKE_round EQUAL CMAKE_rounds OR CMAKE_delay GREATER 60)
    build()
    expect_success("building after round ${CMAKE_round} was killed")
    read_digests(CMAKE_digests)
    if(NOT CMAKE_digests STREQUAL CMAKE_digests_${CMAKE_number})
      message(
        FATAL_ERROR "After round ${CMAKE_round} the outputs are not those of a build that nobody "
                    "disturbed:\n${CMAKE_digests}\n${CMAKE_digests_${CMAKE_number}}")
    endif()
    expect_nothing_to_do()
  endif()
endforeach()

# Temporary files are kept for a day, because another build may still write them. Then they go.
find_left(CMAKE_left)
foreach(CMAKE_file IN LISTS CMAKE_left)
  execute_process(COMMAND touch -d "2 days ago" "${CMAKE_file}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
change(3)
build()
expect_success("building once more")
find_left(CMAKE_left)
if(CMAKE_left)
  message(FATAL_ERROR "The build left temporary files:\n${CMAKE_left}")
endif()
