file(READ "${build_dir}/ebpf/kernel_types/include/vmlinux.h" text)
foreach(part "struct same {" "struct later {" "struct task {\n\tint pid;"
             "// Source: old.btf, new.btf")
  string(FIND "${text}" "${part}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "The header lacks '${part}':\n${text}")
  endif()
endforeach()
expect_nothing_to_do()
