# Builds the example project as a user does.
set(program "${build_dir}/kernel-watch")
run("${program}" --btf-info)
expect_output("built for this one")
expect_output("Here: kernel types come from the running kernel")
expect_output("If this kernel had no BTF: kernel types come from the embedded BTF for")
run("${program}" --btf-info --json)
expect_output("\"type\":\"build_kernel\"")
expect_output("\"portable\":true")

execute_process(
  COMMAND "${program}" --btf-info --self-test
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)
if(NOT result EQUAL 64)
  message(FATAL_ERROR "Wrong usage gave ${result}:\n${output}")
endif()
expect_output("--self-test and --btf-info exclude each other")

execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT user EQUAL 0)
  skip("the self-test needs root")
endif()
run("${program}" --self-test)
expect_output("figures agree")

# Run it again while the kernel's BTF is hidden.
find_program(UNSHARE unshare)
if(NOT UNSHARE)
  skip("needs unshare")
endif()
file(MAKE_DIRECTORY "${WORK_DIR}/empty")
run("${UNSHARE}" -m sh -c "mount --bind \"$1\" /sys/kernel/btf && exec \"$2\" --self-test" sh
    "${WORK_DIR}/empty" "${program}")
expect_output("figures agree")
