# Builds the example project as a user does.
set(program "${build_dir}/kernel-watch")
run("${program}" --btf-info)
expect_output("built for this one")
expect_output("Here: kernel types come from the running kernel")
expect_output("If this kernel had no BTF: kernel types come from the embedded BTF for")
run("${program}" --btf-info --json)
expect_output("\"type\":\"build_kernel\"")
expect_output("\"portable\":true")

execute_process(
  COMMAND "${program}" --btf-info --self-test
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)
if(NOT result EQUAL 64)
  message(FATAL_ERROR "Wrong usage gave ${result}:\n${output}")
endif()
expect_output("--self-test, --btf-info and --explain exclude each other")

# The capabilities that the programs take suffice, see below, and are lines of systemd.
run("${program}" --explain)
expect_output("program 'count_packets' needs CAP_NET_ADMIN: programs of type xdp")
expect_output("CapabilityBoundingSet=CAP_BPF CAP_NET_ADMIN CAP_PERFMON")
run("${program}" --explain --json)
expect_output("\"names\":\"CAP_BPF CAP_NET_ADMIN CAP_PERFMON\"")

# What is inside: the objects in the application, also behind strip, and their relocations with the right lines.
run("${PREFIX}/bin/ebpfkit" explain "${build_dir}/kernel-watch")
expect_output("BPF object 'packets'")
expect_output("programs: count_packets (xdp)")
expect_output("capabilities: CAP_BPF CAP_NET_ADMIN")
expect_output("oldest kernel: Linux 5.8")
expect_output("helper bpf_ringbuf_reserve (5.8)")
expect_output("BPF object 'processes'")
expect_output("embedded BTF 'kernel_watch_kernels")
file(COPY_FILE "${build_dir}/kernel-watch" "${build_dir}/stripped")
run(strip "${build_dir}/stripped")
run("${PREFIX}/bin/ebpfkit" explain "${build_dir}/stripped" --extract "${build_dir}/extracted")
expect_same_files("${build_dir}/packets.bpf.o" "${build_dir}/extracted/packets.bpf.o")
expect_same_files("${build_dir}/processes.bpf.o" "${build_dir}/extracted/processes.bpf.o")
try("${PREFIX}/bin/ebpfkit" explain "${build_dir}/CMakeCache.txt")
expect_failure_of("explaining a text file" "CMakeCache.txt' is no ELF file"
                  "Name an application that links a skeleton")
run("${PREFIX}/bin/ebpfkit" core list "${build_dir}/stripped")
expect_output("stripped:packets: ")
build(--target relocations-processes)
expect_success("relocations-processes")
expect_output("event->tgid = BPF_CORE_READ(leader, tgid); instruction kind access built")
expect_output("byte_offset struct task_struct::real_parent")
run("${PREFIX}/bin/ebpfkit" inspect relocations "${build_dir}/stripped" --json)
string(JSON count LENGTH "${output}" objects)
string(JSON line GET "${output}" objects 1 relocations 0 source text)
if(NOT count EQUAL 2 OR NOT line MATCHES "start_boottime")
  message(FATAL_ERROR "The relocations are wrong: ${count} objects, first line '${line}'")
endif()
try("${PREFIX}/bin/ebpfkit" inspect relocations)
expect_failure_of("no object" "relocations: no object is named")
try("${PREFIX}/bin/ebpfkit" inspect relocations "${build_dir}/stripped" --btf
    "${build_dir}/packets.bpf.o")
expect_failure_of("an object as a kernel" "this is a BPF object, not a kernel's BTF")

execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT user EQUAL 0)
  skip("the self-test needs root")
endif()
run("${program}" --self-test)
expect_output("figures agree")

set(CMAKE_targets "${PREFIX}/share/ebpfkit/modules/detail/inspection_targets.txt")
# Without rights, what looks into the kernel asks the launcher. This user cannot enter the test's directory.
find_program(SETPRIV setpriv)
if(SETPRIV)
  string(RANDOM LENGTH 12 random)
  set(open_directory "/tmp/ebpfkit-example-${random}")
  file(COPY "${PREFIX}/bin/ebpfkit" "${build_dir}/packets.bpf.o" DESTINATION "${open_directory}")
  file(STRINGS "${CMAKE_targets}" CMAKE_rows REGEX "^[a-z-]+ *[|] *(kernel|objects) ")
  foreach(CMAKE_row IN LISTS CMAKE_rows)
    string(REGEX MATCH "^[a-z-]+" name "${CMAKE_row}")
    if(name STREQUAL "relocations")
      continue() # needs no rights
    endif()
    try(${SETPRIV}
        --reuid=65534
        --clear-groups
        --inh-caps=-all
        --bounding-set=-all
        ${open_directory}/ebpfkit
        inspect
        --launcher=/no/such/launcher
        --object=packets=${open_directory}/packets.bpf.o
        --default=PROG_ID=1
        --default=MAP_ID=1
        --default=KEY=1
        --default=VALUE=1
        --default=INTERFACE=lo
        ${name})
    expect_failure_of("${name} without rights" "'/no/such/launcher': cannot run it" "Only root may"
                      "-DEBPFKIT_LAUNCHER=<command>")
  endforeach()
  file(REMOVE_RECURSE "${open_directory}")
  # `--explain` tells all capabilities that processes takes, and none too many.
  set(rights ${SETPRIV} --inh-caps=-all)
  run(${rights} --bounding-set=-all,+bpf,+perfmon "${program}" processes --seconds 0.1)
  foreach(right IN ITEMS bpf perfmon)
    try(${rights} --bounding-set=-all,+${right} "${program}" processes --seconds 0.1)
    expect_failure_of("only ${right}" "not permitted")
  endforeach()
endif()

# Every inspection target, in namespaces of its own.
execute_process(COMMAND unshare --mount --net true RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
if(result EQUAL 0)
  file(MAKE_DIRECTORY "${WORK_DIR}/of targets")
  run("${CMAKE_COMMAND}" -E chdir "${WORK_DIR}/of targets" unshare --mount --net sh
      "${CHECK_DIR}/targets.sh" "${build_dir}" "${CMAKE_targets}" "${PREFIX}/bin/ebpfkit")
  include("${KIT_DIR}/tests/detail/documents.cmake")
  expect_all_documents("${WORK_DIR}/of targets/documents" "${KIT_DIR}/docs/json.md"
                       "${CMAKE_targets}")
else()
  skip("here, root may not make namespaces")
endif()

# Run it again while the kernel's BTF is hidden.
find_program(UNSHARE unshare)
if(NOT UNSHARE)
  skip("needs unshare")
endif()
file(MAKE_DIRECTORY "${WORK_DIR}/empty")
run("${UNSHARE}" -m sh -c "mount --bind \"$1\" /sys/kernel/btf && exec \"$2\" --self-test" sh
    "${WORK_DIR}/empty" "${program}")
expect_output("figures agree")
