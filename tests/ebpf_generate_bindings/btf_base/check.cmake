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
expect_parts("${build_dir}/ebpf/by_path/include/vmlinux.h" "struct device_state {"
             "struct kernel_part {" "device.btf, on the base kernel.btf")
expect_parts("${build_dir}/ebpf/by_name/include/vmlinux.h" "struct device_state {"
             "struct kernel_part {" "modules/one/device, on the base kernel.btf")
expect_parts("${build_dir}/ebpf/cxx/include/cxx.hpp" "struct device_state" "struct kernel_part"
             "device.btf, on the base kernel.btf")
expect_nothing_to_do()
