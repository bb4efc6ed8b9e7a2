# Newer compilers give an undeclared function a prototype in BTF, so that the linker accepts it. clang 14 gives it
# none, clang 19 does.
execute_process(COMMAND clang --target=bpf -x c -dM -E /dev/null
                OUTPUT_VARIABLE CMAKE_CLANG_MACROS COMMAND_ERROR_IS_FATAL ANY)
if(CMAKE_CLANG_MACROS MATCHES "__clang_major__ (1[5-9]|[2-9][0-9])")
  skip("this clang gives undeclared functions a prototype in BTF")
endif()
set(build_fails TRUE)
set(expected_texts "No prototype declares 'lock_tasks' where it is called."
                   "extern <type> lock_tasks(<parameters>) __weak __ksym;" "tags as bpf_kfunc")
set(absent_files prog.bpf.o)
