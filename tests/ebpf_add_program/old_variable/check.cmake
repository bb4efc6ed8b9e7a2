build(--clean-first --verbose)
expect_success("building again")
expect_output("LAUNCHED=yes")

set(told "EbpfKit: the variable EBPF_COMPILER_LAUNCHER has another name since EbpfKit 0.1.")
configure()
expect_success("configuring again")
expect_output("${told}")
expect_output("Set EBPFKIT_COMPILER_LAUNCHER.")
string(REGEX MATCHALL "has another name" lines "${output}")
list(LENGTH lines count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "The old name is told ${count} times:\n${output}")
endif()

configure(-DBOTH=ON)
set(expected_texts
    "EbpfKit: EBPFKIT_COMPILER_LAUNCHER is 'ccache', and EBPF_COMPILER_LAUNCHER, its old name, is"
    "Remove EBPF_COMPILER_LAUNCHER.")
expect_failure("both names of a variable")
