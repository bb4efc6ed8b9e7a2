find_program(pkg_config pkg-config)
if(NOT pkg_config)
  skip("pkg-config is not installed")
endif()
# The prefix has moved, and its new name has a space.
set(moved "${build_dir}/moved prefix")
file(COPY "${PREFIX}/" DESTINATION "${moved}")
file(GLOB_RECURSE file "${moved}/lib*/ebpfkit-runtime.pc")
cmake_path(GET file PARENT_PATH directory)

# flags(<argument>...): sets `flags` to what pkg-config prints, which is for a shell.
macro(flags)
  run("${CMAKE_COMMAND}" -E env "PKG_CONFIG_PATH=${directory}" "${pkg_config}" ${ARGN}
      ebpfkit-runtime)
  string(STRIP "${output}" flags)
endmacro()

flags(--modversion)
file(STRINGS "${KIT_DIR}/CMakeLists.txt" version REGEX "^  VERSION ")
if(NOT version STREQUAL "  VERSION ${flags}")
  message(FATAL_ERROR "pkg-config says '${flags}', CMakeLists.txt says '${version}'.")
endif()

# The archive needs what libbpf.so brings, and its own libraries.
file(COPY_FILE "${KIT_DIR}/tests/consumer/release.cpp" "${build_dir}/release.cpp")
flags(--cflags --libs)
file(WRITE "${build_dir}/compile.sh"
     "g++ -std=c++17 -Wall -Wextra -Werror release.cpp -o release ${flags}\n")
run(env -C "${build_dir}" sh compile.sh)
run("${build_dir}/release")
expect_output("cannot find BTF for Linux 1.0")

flags(--static --libs)
if(NOT flags MATCHES "-lebpfkit_runtime .*-lbpf .*-lelf")
  message(FATAL_ERROR "pkg-config --static names the libraries in another order: ${flags}")
endif()
