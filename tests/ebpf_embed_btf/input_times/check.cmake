# An input changes, and the clocks and times are odd. No output stays old where Ninja and make can see the
# change at all. docs/architecture.md says where they cannot.
set(kernel "${source_dir}/kernel.btf")
set(bundle "${build_dir}/ebpf/embedded/embedded.btf-bundle")
set(header "${build_dir}/ebpf/kernel_types/include/vmlinux.h")

# expect_layout(<number>): requires that the outputs were made of that layout.
function(expect_layout number)
  file(READ "${header}" text)
  if(NOT text MATCHES "layout_${number};")
    message(FATAL_ERROR "The header is not that of layout ${number}:\n${text}")
  endif()
  file(SHA256 "${bundle}" digest)
  if(NOT digest STREQUAL "${bundle_${number}}")
    message(FATAL_ERROR "The embedded BTF is not that of layout ${number}.")
  endif()
  string(TIMESTAMP now "%s" UTC)
  foreach(output "${header}" "${bundle}")
    file(TIMESTAMP "${output}" time "%s" UTC)
    if(time GREATER now)
      message(FATAL_ERROR "'${output}' has a time in the future.")
    endif()
  endforeach()
endfunction()

macro(build_all)
  build()
  expect_success("building")
endmacro()

# Ninja and make run the steps because the outputs are gone, whatever the times of the inputs are.
macro(build_without_outputs)
  file(REMOVE "${bundle}" "${header}")
  build_all()
endmacro()

foreach(number 2 3 1)
  file(COPY_FILE "${source_dir}/layout_${number}.btf" "${kernel}")
  touch("${kernel}")
  build_all()
  file(SHA256 "${bundle}" bundle_${number})
  expect_layout(${number})
  expect_nothing_to_do()
endforeach()

# The same content gets a time in the future. Then other content comes at the time of now, by `mv`.
run(touch -d "+2 days" "${kernel}")
build_all()
expect_output("kernel.btf' is in the future")
expect_layout(1)
file(COPY_FILE "${source_dir}/layout_2.btf" "${source_dir}/new")
touch("${source_dir}/new")
file(RENAME "${source_dir}/new" "${kernel}")
build_all()
expect_layout(2)
expect_nothing_to_do()

# Other content comes with a time in the future, and the next content at the time of now, as `git checkout`
# writes it.
file(COPY_FILE "${source_dir}/layout_3.btf" "${kernel}")
run(touch -d "+2 days" "${kernel}")
build_all()
expect_layout(3)
file(REMOVE "${kernel}")
file(COPY_FILE "${source_dir}/layout_1.btf" "${kernel}")
touch("${kernel}")
build_all()
expect_layout(1)
expect_nothing_to_do()

# Another input than the BTF has a time in the future: the tool must not count as older than it.
run(touch -d "+2 days" "${build_dir}/prog.bpf.o")
build_all()
file(COPY_FILE "${source_dir}/layout_3.btf" "${kernel}")
touch("${kernel}")
build_all()
expect_layout(3)
run(touch "${build_dir}/prog.bpf.o")
build_all()

# `cp -p` writes older content of the same size over the input. Neither Ninja nor make look at a file that is
# older than the output. When the steps run for another reason, they must not trust the file's size and time.
run(touch -r "${kernel}" "${source_dir}/layout_2.btf")
run(cp -p "${source_dir}/layout_2.btf" "${kernel}")
build_without_outputs()
expect_layout(2)

# The times of the input are whole seconds, and it changes within one second after the store read it.
run(touch -d "2020-01-01 00:00:00" "${kernel}")
build_without_outputs()
run(touch -d "2020-01-01 00:00:00" "${source_dir}/layout_1.btf")
run(cp -p "${source_dir}/layout_1.btf" "${kernel}")
build_without_outputs()
expect_layout(1)
