# The instructions are the same except for offsets, which relocations set when a program is loaded.
find_program(OBJDUMP NAMES llvm-objdump llvm-objdump-14 llvm-objdump-16 llvm-objdump-19 REQUIRED)
foreach(bindings some whole)
  file(STRINGS "${build_dir}/ebpf/${bindings}/include/vmlinux.h" tgid REGEX "\ttgid;|pid_t tgid;")
  if(NOT tgid)
    message(FATAL_ERROR "The header of '${bindings}' lacks task_struct.tgid.")
  endif()
  run("${OBJDUMP}" -d --no-show-raw-insn "${build_dir}/with_${bindings}.bpf.o")
  expect_output("exit")
  string(REGEX REPLACE "with_[a-z]+" "" output "${output}")
  # llvm-objdump 16 and newer print hexadecimal numbers.
  string(REGEX REPLACE "\\+ (0x[0-9a-f]+|[0-9]+)\\)" "+ N)" output "${output}")
  string(REGEX REPLACE "(r[0-9]+ [+]?=) (0x[0-9a-f]+|[0-9]+)" "\\1 N" operations_${bindings}
                       "${output}")
endforeach()
if(NOT operations_some STREQUAL operations_whole)
  message(FATAL_ERROR "The programs differ:\n${operations_some}\n${operations_whole}")
endif()
file(READ "${build_dir}/ebpf/some/include/vmlinux.h" text)
foreach(part "struct EBPFKIT_SOME_MEMBERS task_struct;" "// Asked for: task_struct.tgid")
  string(FIND "${text}" "${part}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "The header lacks '${part}'.")
  endif()
endforeach()
execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT user EQUAL 0)
  skip("loading the program needs root")
elseif(NOT EXISTS /sys/fs/bpf)
  skip("loading the program needs /sys/fs/bpf")
endif()
set(pins /sys/fs/bpf/ebpfkit-fields-case)
execute_process(
  COMMAND bpftool prog loadall "${build_dir}/with_some.bpf.o" "${pins}"
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)
file(REMOVE_RECURSE "${pins}")
expect_success("loading the program")
