foreach(program c_11 c_23 cxx_17 cxx_20 cxx_23)
  run("${build_dir}/${program}")
endforeach()
