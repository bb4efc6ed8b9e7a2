# Compiles each header that a program of the host may include: the installed headers of EbpfKit and the generated
# ones. vmlinux.h is only for BPF programs. gcc compiles each alone, clang compiles all together.
file(GLOB_RECURSE public_headers "${PREFIX}/share/ebpfkit/include/ebpfkit/*.hpp")
file(GLOB_RECURSE generated_headers "${build_dir}/ebpf/*/include/*.h"
     "${build_dir}/ebpf/*/include/*.hpp")
list(FILTER generated_headers EXCLUDE REGEX "/vmlinux\\.h$")
set(headers ${public_headers} ${generated_headers})
foreach(kind "/ebpfkit/object\\.hpp$" "/prog\\.skel\\.h$" "/prog\\.skel\\.hpp$"
             "/kernels\\.btf\\.hpp$" "/kernel_types\\.hpp$" "/program_types\\.hpp$")
  set(headers_of_kind ${headers})
  list(FILTER headers_of_kind INCLUDE REGEX "${kind}")
  if(NOT headers_of_kind)
    message(FATAL_ERROR "No header is like '${kind}': ${headers}")
  endif()
endforeach()
list(JOIN headers "\n" lines)
file(WRITE "${WORK_DIR}/headers.txt" "${lines}\n")

# A header that warns must not compile when -I finds it. Otherwise the warnings are not on.
file(WRITE "${WORK_DIR}/warns/include/warns.h"
     "#pragma once\nstatic inline char narrow(int number) { return number; }\n")
file(WRITE "${WORK_DIR}/warns.txt" "${WORK_DIR}/warns/include/warns.h\n")

set(source_dir "${KIT_DIR}/tests/detail/headers_alone")
set(system_directories_file "${build_dir}/libbpf_include_directories")
foreach(compilers "gcc;g++;OFF" "clang;clang++;ON")
  list(POP_FRONT compilers c_compiler cxx_compiler together)
  set(arguments "-DCMAKE_C_COMPILER=${c_compiler}" "-DCMAKE_CXX_COMPILER=${cxx_compiler}"
                "-DTOGETHER=${together}" "-DSYSTEM_DIRECTORIES_FILE=${system_directories_file}")

  set(build_dir "${WORK_DIR}/warns/${c_compiler}")
  configure(${arguments} "-DHEADERS_FILE=${WORK_DIR}/warns.txt")
  expect_success("configuring a header that warns with ${c_compiler}")
  build(-- -k 0)
  set(expected_texts "conversion" "FAILED: CMakeFiles/c_11_I.dir" "FAILED: CMakeFiles/cxx_17_I.dir"
                     "FAILED: CMakeFiles/cxx_20_I.dir")
  expect_failure("building a header that warns with ${c_compiler}")

  set(build_dir "${WORK_DIR}/${c_compiler}")
  configure(${arguments} "-DHEADERS_FILE=${WORK_DIR}/headers.txt")
  expect_success("configuring the headers with ${c_compiler}")
  build(-- -k 0)
  expect_success("building the headers with ${c_compiler}")
endforeach()
