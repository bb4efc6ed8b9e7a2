configure()
expect_success("configuring again")
expect_output("ebpf_paint: the keyword COLOR has another name since EbpfKit 0.7.")
expect_output("Write COLOUR. EbpfKit 0.7 is the last minor version that knows the old one.")
expect_output("ebpf_paint: the keyword PLACES has another name since EbpfKit 1.7.")
expect_output("ebpf_smear: this command has another name since EbpfKit 1.7.")
expect_output("Call ebpf_paint. EbpfKit 1 is the last major version that knows the old one.")
string(REGEX MATCHALL "the keyword COLOR " lines "${output}")
list(LENGTH lines count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "An old keyword is told ${count} times:\n${output}")
endif()

# expect_refused(<what> <call> <text>...)
macro(expect_refused what call)
  configure("-DCALL=${call}")
  set(expected_texts ${ARGN})
  expect_failure("${what}")
endmacro()

expect_refused("a refused command" "ebpf_daub(house COLOUR red)"
               "ebpf_daub: this command has another name since EbpfKit 1.6." "Call ebpf_paint.")
expect_refused("a refused keyword" "ebpf_paint(house TINT red)"
               "ebpf_paint: the keyword TINT has another name since EbpfKit 1.6." "Write COLOUR.")
expect_refused(
  "both names" "ebpf_paint(house COLOR red COLOUR red)"
  "ebpf_paint: COLOR is the old name of COLOUR, and both are given." "Leave out COLOR.")
expect_refused("an old keyword without a value" "ebpf_paint(house COLOR)"
               "ebpf_paint: COLOR has no value." "Write COLOUR, which is its new name")
expect_refused("an old keyword that is given twice" "ebpf_paint(house COLOR red COLOR blue)"
               "ebpf_paint: COLOUR is given twice.")
configure(-DCALL=ebpf_paint\(house\ COLOUR\ red\) -DEBPF_TINT=red)
set(expected_texts "EbpfKit: the variable EBPF_TINT has another name since EbpfKit 1.6."
                   "Set EBPFKIT_TINT.")
expect_failure("a refused variable")
