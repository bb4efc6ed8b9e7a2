execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
find_program(UNSHARE unshare)
if(NOT user EQUAL 0 OR NOT UNSHARE OR NOT EXISTS /sys/kernel/btf/vmlinux)
  skip("needs root, unshare, and a kernel with BTF")
endif()
file(MAKE_DIRECTORY "${WORK_DIR}/empty")
macro(run_hidden program mode)
  run("${UNSHARE}" -m sh -c "mount --bind \"$1\" /sys/kernel/btf && exec \"$2\" $3" sh
      "${WORK_DIR}/empty" "${build_dir}/run_${program}" ${mode})
endmacro()

# The guard compares with the kernel's BTF.
run("${build_dir}/run_right" checked)
expect_output("loaded, another number")
run("${build_dir}/run_wrong" checked)
expect_output("cannot load object 'wrong_bpf': ")
expect_output("Its kernel types come from C headers (wrong.h of Linux 4.9.0")
expect_output(
  "task_struct.moved is at bit 0 with 96 bits in the headers, on this kernel it is not there.")
expect_output("task_struct.tgid is at bit 96 with 32 bits in the headers, on this kernel at bit")
run("${build_dir}/run_wrong" forced)
expect_output("loaded, another number")

# Without the kernel's BTF, the guard can compare only the release.
run_hidden(right checked)
expect_output("loaded, another number")
run_hidden(wrong checked)
expect_output("The kernel has no BTF to compare with, and its release is")
expect_output("not '4.9.0'.")
run_hidden(wrong forced)
expect_output("loaded, another number")
