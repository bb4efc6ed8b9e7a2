run("${build_dir}/application")
expect_output("embedded BTF for 'debian 12 s390x 6.1.0-1-s390x'")

# The minimised BTF is big-endian, and the relocations resolve on it. Bit-fields of a big-endian CPU begin at the
# highest bit: 2 bits are in front of the 5 bits of task_struct.flag, in a word of 4 bytes, which a register of 8
# bytes has behind 32 other bits.
set(tool "${PREFIX}/bin/ebpfkit")
run("${tool}" core minimise --btf "${build_dir}/kernel.btf" "${build_dir}/router.bpf.o" --output
    "${build_dir}/minimised.btf")
file(READ "${build_dir}/minimised.btf" magic LIMIT 8 HEX)
if(NOT magic STREQUAL "eb9f010000000018")
  message(FATAL_ERROR "The minimised BTF is not big-endian: ${magic}")
endif()
foreach(btf kernel.btf minimised.btf)
  run("${tool}" core check --all --btf "${build_dir}/${btf}" "${build_dir}/router.bpf.o")
  expect_output("0 missing, 0 refused")
  foreach(field "flag 34" "wide 20")
    string(REPLACE " " "[^\n]*\n[^\n]*\n +resolved: " pattern "${field}")
    if(NOT output MATCHES "field_lshift_u64 struct task_struct::${pattern}\n")
      message(FATAL_ERROR "Not how far a big-endian CPU shifts the bit-field: ${field}\n${output}")
    endif()
  endforeach()
endforeach()
run("${tool}" btf info "${build_dir}/router.bpf.o")
expect_output("byte order big")

# All variables keep their values in the order of the target.
file(READ "${build_dir}/router.bpf.o" bytes HEX)
if(NOT bytes MATCHES "11223344" OR NOT bytes MATCHES "0102030405060708")
  message(FATAL_ERROR "The initial values of variables are not those of a big-endian CPU.")
endif()
expect_nothing_to_do()

configure(-DMIXED=ON)
expect_success("configuring")
build(--target mixed)
set(expected_texts "kernel.btf': the kernel is big-endian, and" "little.bpf.o' is little-endian"
                   "Leave this kernel out, or build the program for it: ENDIAN.")
expect_failure("embedding BTF of another byte order")
