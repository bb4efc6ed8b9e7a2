output_file(application application)
run("${application}")
expect_output("a has 10, b has 11, c has 12, the application 13")
