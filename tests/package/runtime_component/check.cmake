run("${build_dir}/application")
expect_output("cannot find BTF for Linux 1.0")

# configure_with([<argument>...]): configures with these settings and forgets those of the last call.
macro(configure_with)
  configure(-DEBPFKIT_RUNTIME= -DCMAKE_CXX_FLAGS= -DCMAKE_CXX_FLAGS_DEBUG= -DCMAKE_BUILD_TYPE=
            -DCMAKE_INTERPROCEDURAL_OPTIMIZATION= -DDIRECTORY_OPTIONS= -DDIRECTORY_DEFINITIONS=
            ${ARGN})
endmacro()

configure_with(-DEBPFKIT_RUNTIME=READY)
if(NOT result EQUAL 0)
  skip("the installed EbpfKit has no ready objects for this compiler")
endif()
expect_output("EbpfKit::runtime: ready objects")
build()
expect_success("building with ready objects")
expect_no_output("runtime_objects.dir")

# With each of these settings the ready objects do not fit. The message says so.
foreach(
  setting IN
  ITEMS "-DCMAKE_CXX_FLAGS=-O2 -fno-exceptions|-fno-exceptions"
        "-DCMAKE_CXX_FLAGS=-fsanitize=address|-fsanitize=address"
        "-DCMAKE_CXX_FLAGS=-D_GLIBCXX_USE_CXX11_ABI=0|-D_GLIBCXX_USE_CXX11_ABI"
        "-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-flto=auto|-flto=auto"
        "-DDIRECTORY_OPTIONS=-stdlib=libc++|-stdlib=libc++"
        "-DDIRECTORY_OPTIONS=$<$<CONFIG:Debug>:-m32>|-m32"
        "-DDIRECTORY_DEFINITIONS=_GLIBCXX_DEBUG|-D_GLIBCXX_DEBUG"
        "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON|CMAKE_INTERPROCEDURAL_OPTIMIZATION")
  string(REGEX MATCH "^(.*)\\|(.*)$" unused "${setting}")
  set(reason "${CMAKE_MATCH_2}")
  string(REPLACE " -DCMAKE_CXX_FLAGS_DEBUG" ";-DCMAKE_CXX_FLAGS_DEBUG" arguments "${CMAKE_MATCH_1}")
  configure_with(${arguments})
  expect_success("configuring with ${arguments}")
  expect_output("EbpfKit::runtime: compiled from its sources (the build uses ${reason})")
endforeach()
configure_with("-DCMAKE_BUILD_TYPE=Debug" "-DCMAKE_CXX_FLAGS=-O1 -Wall -march=native")
expect_success("configuring with harmless flags")
expect_output("EbpfKit::runtime: ready objects")

configure_with(-DEBPFKIT_RUNTIME=SOURCES)
expect_success("configuring with EBPFKIT_RUNTIME=SOURCES")
expect_output("EbpfKit::runtime: compiled from its sources (EBPFKIT_RUNTIME is SOURCES)")

# The build has other headers of libbpf than the ready objects.
file(STRINGS "${build_dir}/CMakeCache.txt" headers REGEX "^EBPFKIT_LIBBPF_INCLUDE_DIR:")
string(REGEX REPLACE "^[^=]*=" "" headers "${headers}")
file(COPY "${headers}/bpf" DESTINATION "${WORK_DIR}/other libbpf")
file(APPEND "${WORK_DIR}/other libbpf/bpf/libbpf.h" "/* changed */\n")
set(own_build_dir "${build_dir}")
set(build_dir "${WORK_DIR}/build-other-libbpf")
configure_with("-DEBPFKIT_LIBBPF_INCLUDE_DIR=${WORK_DIR}/other libbpf")
expect_success("configuring with other headers of libbpf")
expect_output("compiled from its sources (the ready objects are for 'libbpf headers")

# The build has another compiler.
find_program(GCC g++)
find_program(CLANG clang++)
if(GCC AND CLANG)
  set(fitting 0)
  foreach(compiler "${GCC}" "${CLANG}")
    cmake_path(GET compiler FILENAME compiler_name)
    set(build_dir "${WORK_DIR}/build-${compiler_name}")
    configure_with("-DCMAKE_CXX_COMPILER=${compiler}")
    expect_success("configuring with ${compiler}")
    if(output MATCHES "EbpfKit::runtime: ready objects")
      math(EXPR fitting "${fitting} + 1")
    else()
      expect_output("compiled from its sources (the ready objects are for '")
    endif()
  endforeach()
  if(fitting GREATER 1)
    message(FATAL_ERROR "The ready objects were used with both compilers.")
  endif()
endif()

set(build_dir "${own_build_dir}")

# When the user asks for something that is not possible, configuring fails.
configure_with(-DEBPFKIT_RUNTIME=READY "-DCMAKE_CXX_FLAGS=-fno-exceptions")
set(expected_texts "EBPFKIT_RUNTIME is READY, but the build uses -fno-exceptions."
                   "Leave EBPFKIT_RUNTIME empty")
expect_failure("configuring with ready objects that do not fit")
configure_with(-DEBPFKIT_RUNTIME=ready)
set(expected_texts "EBPFKIT_RUNTIME 'ready' is not known." "Use one of: AUTO, READY, SOURCES")
expect_failure("configuring with an unknown EBPFKIT_RUNTIME")
