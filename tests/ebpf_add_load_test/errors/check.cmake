# Each wrong call has one clear error.
macro(expect_error call)
  configure("-DCASE_CALL=${call}")
  set(expected_texts ${ARGN})
  expect_failure("${call}")
endmacro()

expect_error("ebpf_add_load_test(t PROGRAM prog)" "ebpf_add_load_test: unknown argument 'PROGRAM'"
             "The nearest keyword is PROGRAMS")
expect_error("ebpf_add_load_test(t KERNELS host)" "ebpf_add_load_test: PROGRAMS is missing")
expect_error(
  "ebpf_add_load_test(t PROGRAMS progs)"
  "ebpf_add_load_test: PROGRAMS 'progs' is not a target made by ebpf_add_program"
  "The nearest is 'prog'")
expect_error("ebpf_add_load_test(t PROGRAMS prog twin)"
             "two of PROGRAMS have the OUTPUT_NAME 'prog'" "Give one of them another OUTPUT_NAME")
expect_error("ebpf_add_load_test(t PROGRAMS other)" "no virtual machine for the CPU 'riscv'")
expect_error("ebpf_add_load_test(t PROGRAMS prog KERNELS debian/6.12/arm64)"
             "KERNELS 'debian/6.12/arm64' is for arm64, and what is tested is for amd64")
expect_error(
  "ebpf_add_load_test(t PROGRAMS prog KERNELS no_such_file)"
  "KERNELS 'no_such_file': there is no such file, and it is no name of a kernel"
  "such as debian/6.1/amd64")
expect_error("ebpf_add_load_test(t PROGRAMS prog EXPECT_FAIL * count)"
             "EXPECT_FAIL needs a kernel, a function and a regular expression")
expect_error("ebpf_add_load_test(t PROGRAMS prog MEMORY much)"
             "MEMORY 'much' is no positive number")
expect_error("set(EBPFKIT_GUEST_X86_64 /no/guest) AND ebpf_add_load_test(t PROGRAMS prog)"
             "EBPFKIT_GUEST_X86_64='/no/guest': there is no such file")

expect_error("ebpf_add_vm_test(t COMMAND library)"
             "COMMAND 'library' is no target of add_executable")
expect_error("ebpf_add_vm_test(t COMMAND application KERNELS host)"
             "the running kernel needs no virtual machine")
expect_error("ebpf_add_vm_test(t COMMAND application ENVIRONMENT a)"
             "ENVIRONMENT 'a' is no <name>=<value>")
expect_error("ebpf_add_vm_test(t COMAND application)" "unknown argument 'COMAND'"
             "The nearest keyword is COMMAND")

expect_error("ebpf_verifier_budget(prog)" "give either MAX_INSTRUCTIONS or BASELINE")
expect_error("ebpf_verifier_budget(prog MAX_INSTRUCTIONS 1 TOLERANCE 3)" "TOLERANCE needs BASELINE")
expect_error("ebpf_verifier_budget(prog MAX_INSTRUCTIONS 1 VARIANT a)"
             "VARIANT 'a' is no name with <global>=<value> behind it")
expect_error(
  "ebpf_verifier_budget(prog MAX_INSTRUCTIONS 1) AND ebpf_verifier_budget(prog MAX_INSTRUCTIONS 1)"
  "'prog' has a budget already")
expect_error("ebpf_verifier_budget(application MAX_INSTRUCTIONS 1)"
             "ebpf_verifier_budget: program 'application' is not a target made by ebpf_add_program")
