# Each input is replaced in place by other content with an older time, as `cp -p` does. Ninja and make do not see
# that. Every output is that of the new content all the same, and the next build runs the check alone.
set(kernel "${source_dir}/kernel.btf")
file(GLOB CMAKE_lists "${build_dir}/outputs_*.txt")
list(GET CMAKE_lists 0 CMAKE_list)

# read_digests(<out>): the digests of the outputs: bindings, types of the host, object, skeletons, embedded BTF.
function(read_digests out)
  file(STRINGS "${CMAKE_list}" outputs)
  list(GET outputs 3 report)
  string(REGEX REPLACE "[.]btf[.]json$" ".btf-bundle" bundle "${report}")
  list(REMOVE_AT outputs 3)
  file(GLOB_RECURSE skeletons "${build_dir}/ebpf/skeleton/*.skel.h*")
  list(FILTER skeletons EXCLUDE REGEX "[.]d$")
  set(digests "")
  foreach(output IN LISTS outputs skeletons)
    file(SHA256 "${output}" digest)
    list(APPEND digests "${digest}")
  endforeach()
  file(SHA256 "${bundle}" digest)
  list(APPEND digests "${digest}")
  set(${out} "${digests}" PARENT_SCOPE)
endfunction()

# go_back(<new content> <file>): overwrites <file> in place and gives it an old time.
function(go_back content file)
  execute_process(COMMAND touch -d "2020-01-01 00:00:00" "${content}" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND cp -p "${content}" "${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

macro(build_all)
  build()
  expect_success("building")
endmacro()

# expect_only_the_check(): requires that a build now runs no step but the check.
macro(expect_only_the_check)
  build_all()
  expect_no_output("Generating")
  expect_no_output("Compiling")
  expect_no_output("Linking")
  expect_no_output("Cutting")
  expect_no_output("did not become newer")
endmacro()

# expect_seen(<file> <name of the digests before>): requires that a build makes other outputs.
macro(expect_seen file before)
  build_all()
  expect_output("${file}' changed and did not become newer")
  read_digests(CMAKE_now)
  if("${CMAKE_now}" STREQUAL "${${before}}")
    message(FATAL_ERROR "The outputs are those of the old '${file}'.")
  endif()
  expect_only_the_check()
endmacro()

# At once after the first build: the record does not have the headers yet.
build_all()
expect_no_output("did not become newer")
read_digests(CMAKE_first)
file(WRITE "${source_dir}/other.h" "#define NUMBER 3\n")
file(WRITE "${source_dir}/first.h" "#define NUMBER 1\n")
go_back("${source_dir}/other.h" "${source_dir}/number.h")
expect_seen("number.h" CMAKE_first)

# Back again: all outputs are the first ones.
go_back("${source_dir}/first.h" "${source_dir}/number.h")
build_all()
read_digests(CMAKE_now)
if(NOT CMAKE_now STREQUAL CMAKE_first)
  message(FATAL_ERROR "The outputs are not those of the first number.h.")
endif()
expect_only_the_check()

go_back("${source_dir}/layout_2.btf" "${kernel}")
expect_seen("kernel.btf" CMAKE_first)
set(CMAKE_second "${CMAKE_now}")
foreach(CMAKE_output IN ITEMS "0 bindings" "1 host's types" "-1 embedded BTF")
  string(REGEX MATCH "^[-0-9]+" CMAKE_index "${CMAKE_output}")
  list(GET CMAKE_first ${CMAKE_index} CMAKE_before)
  list(GET CMAKE_second ${CMAKE_index} CMAKE_after)
  if(CMAKE_before STREQUAL CMAKE_after)
    message(FATAL_ERROR "An output is that of the old kernel: ${CMAKE_output}")
  endif()
endforeach()

file(READ "${source_dir}/prog.bpf.c" CMAKE_text)
string(REPLACE "seen[0] =" "seen[0] = 7 +" CMAKE_text "${CMAKE_text}")
file(WRITE "${source_dir}/other.c" "${CMAKE_text}")
go_back("${source_dir}/other.c" "${source_dir}/prog.bpf.c")
expect_seen("prog.bpf.c" CMAKE_second)

# An ordinary change is none of the check's business.
file(WRITE "${source_dir}/number.h" "#define NUMBER 5\n")
touch("${source_dir}/number.h")
build_all()
expect_no_output("did not become newer")
expect_output("Linking BPF")
expect_only_the_check()
