expect_output("warning: ")
expect_output("the BTF is of the architecture arm64, not x86")
