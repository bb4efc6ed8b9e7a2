# Fifty rounds touch random inputs, delete random outputs and build in parallel. At the end the bytes must be
# those of the first, clean build.
set(outputs
    prog.bpf.o ebpf/prog/first.bpf.c.o ebpf/prog/second.bpf.c.o
    ebpf/prog_skeleton/include/prog.skel.h ebpf/prog_skeleton/include/prog.skel.hpp
    ebpf/prog_skeleton/prog.object.cpp ebpf/kernel_types/include/vmlinux.h application)
set(inputs bpf/first.bpf.c bpf/second.bpf.c include/shared.h main.cpp)
foreach(file IN LISTS outputs)
  file(SHA256 "${build_dir}/${file}" clean_${file})
endforeach()

# random(<out> <below>): a number from 0 to <below> - 1.
function(random out below)
  string(RANDOM LENGTH 6 ALPHABET 123456789 number)
  math(EXPR number "${number} % ${below}")
  set(${out} ${number} PARENT_SCOPE)
endfunction()

list(LENGTH outputs output_count)
list(LENGTH inputs input_count)
foreach(round RANGE 1 50)
  random(deletions 3)
  foreach(i RANGE ${deletions})
    random(index ${output_count})
    list(GET outputs ${index} file)
    file(REMOVE "${build_dir}/${file}")
  endforeach()
  random(index ${input_count})
  list(GET inputs ${index} file)
  file(TOUCH "${source_dir}/${file}")
  build(--parallel 16)
  expect_success("building in round ${round}")
endforeach()

foreach(file IN LISTS outputs)
  file(SHA256 "${build_dir}/${file}" digest)
  if(NOT digest STREQUAL "${clean_${file}}")
    message(FATAL_ERROR "'${file}' differs from that of the clean build.")
  endif()
endforeach()
expect_nothing_to_do()
