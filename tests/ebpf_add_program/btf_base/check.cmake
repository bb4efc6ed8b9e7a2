# expect_parts(<file> <text>...): fatal where the file lacks a text.
function(expect_parts file)
  file(READ "${file}" text)
  foreach(part IN LISTS ARGN)
    string(FIND "${text}" "${part}" position)
    if(position EQUAL -1)
      message(FATAL_ERROR "'${file}' lacks '${part}':\n${text}")
    endif()
  endforeach()
endfunction()
set(header "${build_dir}/ebpf/prog/prog.bpf.c.o.bindings/vmlinux.h")
expect_parts("${header}" "struct device_state {" "struct kernel_part {"
             "device.btf, on the base kernel.btf")
expect_nothing_to_do()

# The base is a dependency.
execute_process(COMMAND "${CMAKE_COMMAND}" -E sleep 1.1)
file(TOUCH "${build_dir}/kernel.btf")
build()
expect_success("building with a newer base")
expect_output("Compiling BPF prog.bpf.c")
