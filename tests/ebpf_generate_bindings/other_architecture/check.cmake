expect_output("warning: ")
expect_output("the BTF is of the architecture x86, not arm64")
