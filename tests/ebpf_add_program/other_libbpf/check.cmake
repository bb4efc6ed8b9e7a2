expect_nothing_to_do()
file(STRINGS "${build_dir}/ebpfkit/libbpf-headers.txt" headers)
file(COPY "${headers}/bpf" DESTINATION "${WORK_DIR}/other")
configure("-DEBPFKIT_LIBBPF_INCLUDE_DIR=${WORK_DIR}/other")
expect_success("configuring with other headers")
build()
expect_output("Compiling BPF prog.bpf.c")
expect_nothing_to_do()

configure("-DEBPFKIT_LIBBPF_LIBRARY=/no/such/libbpf.so")
set(expected_texts "ebpf_add_program: libbpf was not found for the target system."
                   "EBPFKIT_LIBBPF_LIBRARY '/no/such/libbpf.so' is not there")
expect_failure("configuring with a library that is not there")

# A program needs only libbpf's headers. A target that links a static libbpf also needs the libraries that
# libbpf uses.
file(WRITE "${WORK_DIR}/other/libbpf.a" "")
configure("-DEBPFKIT_LIBBPF_LIBRARY=${WORK_DIR}/other/libbpf.a"
          "-DEBPFKIT_LIBELF_LIBRARY=EBPFKIT_LIBELF_LIBRARY-NOTFOUND"
          -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF)
expect_success("configuring with a static libbpf without libelf")
configure("-DWITH_SKELETON=ON" -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF)
set(expected_texts "ebpf_add_skeleton: libbpf was not found for the target system."
                   "is static and needs libelf and zlib")
expect_failure("a skeleton with a static libbpf without libelf")
