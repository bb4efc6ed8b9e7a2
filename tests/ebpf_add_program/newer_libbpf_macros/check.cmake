execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT user EQUAL 0)
  skip("loading the program needs root")
elseif(NOT EXISTS /sys/fs/bpf)
  skip("loading the program needs /sys/fs/bpf")
endif()
foreach(program macros macros_whole)
  set(pins "/sys/fs/bpf/ebpfkit-newer-libbpf-${program}-case")
  execute_process(
    COMMAND bpftool prog loadall "${build_dir}/${program}.bpf.o" "${pins}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  file(REMOVE_RECURSE "${pins}")
  expect_success("loading ${program}")
endforeach()
