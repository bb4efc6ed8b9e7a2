expect_output("embedded_kernels.btf-bundle: 5 kernels, 2 different")
expect_output("5 made, 0 kept")
expect_output("left out, for another architecture: 1")
expect_output("resolve on none of them: on_exec at instruction")
expect_output("struct sample::missing")

file(WRITE "${WORK_DIR}/os-release" "ID=ubuntu\nVERSION_ID=\"20.04\"\n")
set(application "${build_dir}/application")
run("${application}" 5.4.0-42-generic x86_64 "${WORK_DIR}/os-release")
expect_output("embedded BTF for 'ubuntu 20.04 x86_64 5.4.0-42-generic'")
run("${application}" 4.19.0-5-amd64 x86_64 "${WORK_DIR}/os-release")
expect_output("embedded BTF for 'debian 10 x86_64 4.19.0-5-amd64'")
run("${application}" 6.1.0-7-amd64 x86_64 "${WORK_DIR}/os-release")
expect_output("embedded BTF for 'debian 12 x86_64 6.1.0-7-amd64'")
run("${application}" 5.4.0-80-generic x86_64 "${WORK_DIR}/os-release")
expect_output("cannot find BTF for Linux 5.4.0-80-generic x86_64 (ubuntu 20.04)")
expect_output("'ubuntu 20.04 x86_64 5.4.0-42-generic', 'ubuntu 20.04 x86_64 5.4.0-91-generic'")
run("${application}" 5.4.0-42-generic aarch64 "${WORK_DIR}/os-release")
expect_output("None of the 5 that are embedded is for this architecture.")

file(READ "${build_dir}/ebpf/embedded-kernels/embedded_kernels.btf.json" report)
string(JSON kernel_count GET "${report}" kernel_count)
string(JSON blob_count GET "${report}" blob_count)
string(JSON blob GET "${report}" kernels 1 blob)
if(NOT kernel_count EQUAL 5 OR NOT blob_count EQUAL 2 OR NOT blob EQUAL 1)
  message(FATAL_ERROR "The report is wrong:\n${report}")
endif()

expect_nothing_to_do()

# The logic changes and the relocations do not: the build links the object again and cuts no BTF again.
file(READ "${source_dir}/prog.bpf.c" text)
string(REPLACE "seen = 0" "seen = 4711" changed "${text}")
file(WRITE "${source_dir}/prog.bpf.c" "${changed}")
touch("${source_dir}/prog.bpf.c")
build()
expect_success("building with other logic")
expect_output("0 made, 5 kept")
if(GENERATOR STREQUAL "Ninja")
  expect_no_output("Building CXX object")
endif()

# A relocation changes.
string(REPLACE "BPF_CORE_READ(sample, second)"
               "BPF_CORE_READ(sample, second) + bpf_core_type_size(struct sample)" changed
               "${changed}")
file(WRITE "${source_dir}/prog.bpf.c" "${changed}")
touch("${source_dir}/prog.bpf.c")
build()
expect_success("building with another relocation")
expect_output("5 made, 0 kept")

# The BTF of one kernel changes.
file(READ "${source_dir}/kernel.bpf.c" text)
string(REPLACE "long inserted" "long inserted[2]" changed "${text}")
file(WRITE "${source_dir}/kernel.bpf.c" "${changed}")
touch("${source_dir}/kernel.bpf.c")
build()
expect_success("building with another kernel")
expect_output("2 made, 3 kept")

# The directory gets a new kernel.
file(MAKE_DIRECTORY "${source_dir}/directory/debian/11/x86_64")
execute_process(COMMAND "${CMAKE_COMMAND}" -E sleep 1.1)
file(COPY_FILE "${build_dir}/kernel_2.btf"
     "${source_dir}/directory/debian/11/x86_64/5.10.0-9-amd64.btf")
build()
expect_success("building with one more kernel")
expect_output("6 kernels, 2 different")
expect_output("1 made, 5 kept")
