foreach(program c_11 c_17 cxx_17 cxx_20)
  run("${build_dir}/${program}")
endforeach()
set(build_dir "${WORK_DIR}/clang")
configure(-DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo
          "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
expect_success("configuring with clang")
build()
expect_success("building with clang")
