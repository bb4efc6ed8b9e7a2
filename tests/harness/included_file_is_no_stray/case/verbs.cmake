macro(expect_nothing_to_do_twice)
  expect_nothing_to_do()
  expect_nothing_to_do()
endmacro()
