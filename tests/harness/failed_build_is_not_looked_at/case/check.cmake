build(--target no_such_target)
expect_output("no_such_target")
