foreach(order first last)
  run("${build_dir}/${order}")
endforeach()
expect_nothing_to_do()
