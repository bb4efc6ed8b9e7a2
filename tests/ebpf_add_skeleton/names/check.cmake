# libbpf begins the name of a map of globals with up to 8 characters of the object's name
# (internal_map_name() in libbpf.c), because the kernel has 15 for the whole.
run("${build_dir}/application")
expect_output("minimal_bpf minimal_.data 5 chosen chosen.data 5")
run("${build_dir}/owner")
expect_output("minimal_bpf")
run("${build_dir}/renamed_owner")
expect_output("chosen")

# What bpftool itself makes of the object has the same include guard, struct, functions and maps.
file(STRINGS "${build_dir}/CMakeCache.txt" bpftool REGEX "^EBPFKIT_BPFTOOL:")
string(REGEX REPLACE "^[^=]*=" "" bpftool "${bpftool}")
run("${bpftool}" gen skeleton "${build_dir}/minimal.bpf.o")
file(READ "${build_dir}/ebpf/skeleton/include/minimal.skel.h" header)
string(REGEX MATCHALL "(__[A-Z_]+_SKEL_H__|minimal_bpf__[a-z_]+\\(|struct bpf_map \\*[a-z_]+;)"
             names "${output}")
list(REMOVE_DUPLICATES names)
list(LENGTH names count)
if(count LESS 10)
  message(FATAL_ERROR "The skeleton of bpftool has ${count} names only: ${names}")
endif()
foreach(name IN LISTS names)
  string(FIND "${header}" "${name}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "minimal.skel.h lacks '${name}', which the skeleton of bpftool has.")
  endif()
endforeach()
