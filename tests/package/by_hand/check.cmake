set(tool "${PREFIX}/bin/ebpfkit")
set(words packets.bpf.c second.bpf.c --name packets --symbol case_packets_skeleton --namespace own
          -Iinclude -DLIMIT=7)

# The same flags, in another directory: the same bytes.
run("${CMAKE_COMMAND}" -E chdir "${source_dir}" "${tool}" build ${words} --output-dir "out dir"
    --depfile "out dir/packets.d")
foreach(pair
        "packets.bpf.o:packets.bpf.o" "ebpf/packets_skeleton/include/packets.skel.h:packets.skel.h"
        "ebpf/packets_skeleton/include/packets.skel.hpp:packets.skel.hpp")
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 made)
  list(GET pair 1 by_hand)
  expect_same_files("${build_dir}/${made}" "${source_dir}/out dir/${by_hand}")
endforeach()

# The depfile names what the user spelled, and every input.
file(READ "${source_dir}/out dir/packets.d" output)
expect_output(
  "out\\ dir/packets.bpf.o out\\ dir/packets.skel.h out\\ dir/packets.skel.hpp out\\ dir/packets.object.c:"
)
foreach(input packets.bpf.c second.bpf.c include/limit.h bpf_helpers.h bin/ebpfkit)
  expect_output("${input}")
endforeach()
expect_no_output("vmlinux.h")

# From elsewhere, with the project's directory by its name.
run("${CMAKE_COMMAND}" -E chdir "${build_dir}" "${tool}" build "${source_dir}/packets.bpf.c"
    "${source_dir}/second.bpf.c" --name packets "-I${source_dir}/include" -DLIMIT=7 --skeleton none
    --source-root "${source_dir}" --output-dir other --json)
expect_output("other/packets.bpf.o")
expect_same_files("${build_dir}/packets.bpf.o" "${build_dir}/other/packets.bpf.o")
if(EXISTS "${build_dir}/other/packets.skel.h")
  message(FATAL_ERROR "--skeleton none made a skeleton.")
endif()

# What the source uses, as a header: the one that the build makes.
run("${CMAKE_COMMAND}" -E chdir "${source_dir}" "${tool}" generate --from packets.bpf.c -Iinclude
    -DLIMIT=7)
expect_output("struct task_struct {")
expect_output("#define ETH_P_IP 0x0800")
expect_no_output("struct net_device {")

# Types of C headers come with a warning.
run("${tool}" generate --header linux/if_ether.h ethhdr)
expect_output("struct ethhdr {")
expect_output("no CO-RE")
file(WRITE "${source_dir}/own types.h" "struct own { int first; };\n")
run("${CMAKE_COMMAND}" -E chdir "${source_dir}" "${tool}" generate --header "./own types.h" own)
expect_output("struct own {")

# With --json, each command prints what the documentation says.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/documents.cmake")
function(expect_json command)
  set(file "${build_dir}/${command}.json")
  string(REPLACE " " ";" words "${command}")
  execute_process(COMMAND "${tool}" ${words} ${ARGN} --json OUTPUT_FILE "${file}" ERROR_QUIET)
  expect_document("${file}" "${KIT_DIR}/docs/json.md")
endfunction()
set(kernels "${KIT_DIR}/example-project/kernels/debian/12")
set(one "${kernels}/x86_64/6.1.0-50-cloud-amd64.btf.xz")
expect_json("btf info" "${one}")
expect_json("btf diff" "${one}" "${kernels}/aarch64/6.1.0-50-cloud-arm64.btf.xz")
expect_json("core list" "${build_dir}/packets.bpf.o")
expect_json("core check" --all --btf "${one}" "${build_dir}/packets.bpf.o")
expect_json("explain" "${build_dir}/packets.bpf.o")

# Errors.
try("${CMAKE_COMMAND}" -E chdir "${source_dir}" "${tool}" build packets.bpf.c -Iinclude)
expect_failure_of("ebpfkit build" "LIMIT")
try("${tool}" build nowhere.bpf.c --output-dir "${build_dir}/unused")
expect_failure_of("ebpfkit build" "nowhere.bpf.c': there is no such BPF source")
try("${tool}" build "${source_dir}/packets.bpf.c" --cpu z80 --output-dir "${build_dir}/unused")
expect_failure_of("ebpfkit build" "'z80' is no CPU that EbpfKit knows" "--cpu with one of x86")
try("${tool}" build "${source_dir}/second.bpf.c" --cpu mips --output-dir "${build_dir}/mips")
expect_failure_of("ebpfkit build" "no BTF is given to make it from" "--btf FILE")
try("${tool}" build "${source_dir}/packets.bpf.c" --clang /nowhere/clang --output-dir
    "${build_dir}/unused")
expect_failure_of("ebpfkit build" "no clang that compiles for BPF was found")
try("${tool}" build "${source_dir}/packets.bpf.c" --bpftool /bin/false --output-dir
    "${build_dir}/unused")
expect_failure_of("ebpfkit build" "no bpftool that runs was found")
file(GLOB made "${build_dir}/unused/*")
if(made)
  message(FATAL_ERROR "A build that fails left: ${made}")
endif()
