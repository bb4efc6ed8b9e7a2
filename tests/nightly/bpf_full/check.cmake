# Every kind of program loads and attaches, also those that need BTF, kprobes, fprobes, trampolines and LSM.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/machines.cmake")
run_ctest()
expect_tests(failed)
expect_tests(skipped)
foreach(program kprobe fprobe fentry fexit lsm typed_tracepoint tracepoint iterator xdp tc cgroup
                lookup)
  if(NOT "loads.test/bpf-full/amd64.every_kind.by_${program}" IN_LIST passed)
    message(FATAL_ERROR "by_${program} does not load:\n${test_output}")
  endif()
endforeach()
