file(READ "${build_dir}/object_path" object)
run("${CMAKE_COMMAND}" --install "${build_dir}" --prefix "${WORK_DIR}/installed" --config Debug)
foreach(copy "${build_dir}/copy.o" "${build_dir}/other/copy.o" "${build_dir}/other/after.o"
             "${WORK_DIR}/installed/lib/prog.bpf.o")
  expect_same_files("${object}" "${copy}")
endforeach()
expect_nothing_to_do()

# The copies change with the object.
file(WRITE "${source_dir}/prog.bpf.c" "int number, another;\n")
build()
expect_success("building with another source")
foreach(copy "${build_dir}/copy.o" "${build_dir}/other/copy.o")
  expect_same_files("${object}" "${copy}")
endforeach()
