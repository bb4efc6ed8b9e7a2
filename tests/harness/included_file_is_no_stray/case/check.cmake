include("${source_dir}/verbs.cmake")
expect_nothing_to_do_twice()
