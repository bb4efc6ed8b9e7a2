# CMake runs again in the build that follows.
touch("${source_dir}/CMakeLists.txt")
expect_nothing_to_do()
