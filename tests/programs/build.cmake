# Checks that the applications do without the C API of libbpf, and builds all of them: cmake -DPROJECT_DIR= -DWORK_DIR=
# -DPREFIX= -P build.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../detail/steps.cmake")

file(GLOB sources "${PROJECT_DIR}/*.[ch]pp")
foreach(source IN LISTS sources)
  file(READ "${source}" text)
  # A handle of libbpf, a function of libbpf, bpf(2), and a header that declares them.
  foreach(pattern "\\.get\\(\\)" "bpf_[a-z_]+__" "ring_buffer__" "(lib)?bpf_[a-z_]+\\(" "SYS_bpf"
                  "#include <bpf/")
    if(text MATCHES "${pattern}")
      message(FATAL_ERROR "${source} has '${CMAKE_MATCH_0}': it must use only <ebpfkit/...>.")
    endif()
  endforeach()
endforeach()

set(source_dir "${PROJECT_DIR}")
set(build_dir "${WORK_DIR}/build")
set(GENERATOR Ninja)
configure()
expect_success("configuring")
build()
expect_success("building")
expect_no_output("warning:")
