# expect_libraries(<what> <libbpf> <libelf>): names relative to the directory of the libraries.
function(expect_libraries what libbpf libelf)
  set(directory "${build_dir}/a, b")
  file(READ "${build_dir}/links" found)
  set(wanted "${directory}/${libbpf};${directory}/${libelf};${directory}/libz.a")
  if(NOT found STREQUAL wanted)
    message(FATAL_ERROR "${what}: linked are\n  ${found}\nnot\n  ${wanted}")
  endif()
endfunction()

expect_libraries("for size" optimized-size/libbpf.a optimized-size/libelf.a)

# Debug stays as it was, and so does everything without the option or without link-time optimisation.
configure(-DCMAKE_BUILD_TYPE=Debug -DEBPFKIT_OPTIMIZE_SIZE=ON)
expect_success("configuring Debug")
expect_libraries(Debug libbpf.a libelf.a)
configure(-DCMAKE_BUILD_TYPE=Release -DEBPFKIT_OPTIMIZE_SIZE=OFF)
expect_success("configuring without EBPFKIT_OPTIMIZE_SIZE")
expect_libraries("without the option" libbpf.a libelf.a)
configure(-DCMAKE_BUILD_TYPE=Release -DEBPFKIT_OPTIMIZE_SIZE=ON
          -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF)
expect_success("configuring without link-time optimisation")
expect_libraries("without link-time optimisation" libbpf.a libelf.a)
