configure()
expect_success("configuring")
expect_output(
  "ebpf_add_program: COMPILE_DEFINITIONS has the value 'TYPE'. The nearest keyword is TYPES.")
expect_output("If the definition is meant, write TYPE=1.")
foreach(word BINDING SOURCE MCPUS)
  expect_no_output("'${word}'")
endforeach()
