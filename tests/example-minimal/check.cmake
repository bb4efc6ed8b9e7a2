# The smallest example counts the programs that its command starts: the shell, seq, xargs and 20 more. The test
# asks for 10 of them, because the kernel skips a run of a program that runs already on the same CPU
# (__bpf_trace_run() in kernel/trace/bpf_trace.c).
set(program "${build_dir}/exec-count")
execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT user EQUAL 0)
  skip("loading BPF programs needs root")
endif()
run("${program}" "seq 20 | xargs -n 1 /bin/true")
if(NOT output MATCHES "^([0-9]+) programs started\n$" OR CMAKE_MATCH_1 LESS 10)
  message(FATAL_ERROR "exec-count counts fewer than 10 programs:\n${output}")
endif()
