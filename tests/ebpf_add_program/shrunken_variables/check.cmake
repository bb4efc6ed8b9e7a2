foreach(language c cpp)
  run("${build_dir}/load_${language}")
endforeach()
