# clang 19 is the first that translates accesses to an arena.
execute_process(COMMAND clang --target=bpf -mcpu=v4 -dM -E -x c /dev/null
                OUTPUT_VARIABLE CMAKE_CLANG_MACROS ERROR_QUIET)
if(NOT CMAKE_CLANG_MACROS MATCHES "__BPF_FEATURE_ADDR_SPACE_CAST")
  skip("this clang knows no arenas")
endif()
