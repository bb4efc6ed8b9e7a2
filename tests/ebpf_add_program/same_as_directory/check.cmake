expect_nothing_to_do()
