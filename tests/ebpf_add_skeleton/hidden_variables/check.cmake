foreach(program c_program cxx_program)
  run("${build_dir}/${program}")
endforeach()
