# The guard must not take the definitions away from older C: the header that C11 sees still has them.
foreach(program flags_gnu11 flags_gnu2x)
  file(STRINGS "${build_dir}/ebpf/${program}/flags.bpf.c.o.bindings/vmlinux.h" found
       REGEX "^typedef _Bool bool;|^\ttrue = 1,")
  list(LENGTH found count)
  if(NOT count EQUAL 2)
    message(FATAL_ERROR "${program}: the header defines '${found}' instead of bool and true.")
  endif()
endforeach()
