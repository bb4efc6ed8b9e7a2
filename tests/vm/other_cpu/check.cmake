# The tests run in the machine with the BPF programs that they compile here. These are for the kernel's CPU, and have the
# number of a system call of the processes.
set(programs "${WORK_DIR}/programs")
if("${TARGET}" STREQUAL "armv7")
  set(number 132)
  # What depends on the size of addresses: buffers, mapped arrays, maps and objects. A kernel for arm64 has no uprobes and no
  # tracepoints of system calls for processes of 32 bits (arch_uprobe_analyze_insn, arch_trace_is_compat_syscall).
  string(JOIN ":" tests runtime_ring* runtime_perf_buffer* runtime_kernel.* runtime_map*
         runtime_memory_maps* runtime_object_view*-runtime_map_changes* runtime_map_iterator*)
else()
  set(number 155)
  # Tests that start programs of this machine stay out. So does one that takes minutes in an emulated machine.
  string(JOIN ":" tests "*-runtime_output.*environment*"
         runtime_log_file.programs_with_more_rights*
         runtime_features.with_some_rights_nothing_is_said_to_be_missing)
endif()
set(filter "--gtest_filter=${tests}")
set(flags "-D__TARGET_ARCH_arm64 -DSYS_getpgid=${number}")
# <linux/ptrace.h> of the kernel's CPU. expect.cmake has had the sysroot made.
run("${PREFIX}/bin/ebpfkit" sysroot build aarch64 --cache "${SYSROOT_CACHE}" --quiet)
string(STRIP "${output}" sysroot)
if(NOT EXISTS "${sysroot}/usr/include/asm/ptrace.h")
  message(FATAL_ERROR "'${sysroot}' has no <asm/ptrace.h>")
endif()
set(ENV{EBPFKIT_RECORD_FLAGS} "${flags} -idirafter '${sysroot}/usr/include'")
run("${CMAKE_COMMAND}" "-DPROGRAM=${NATIVE_TESTS}" "-DDIRECTORY=${programs}" "-DARGUMENT=${filter}"
    -P "${KIT_DIR}/tests/vm/record_programs.cmake")

include("${CMAKE_CURRENT_LIST_DIR}/../../detail/arm64_guest.cmake")
run("${PREFIX}/bin/ebpfkit"
    vm-test
    --cache
    "${SYSROOT_CACHE}"
    "--guest=arm64=${guest}"
    --kernel
    debian/6.12/arm64
    --memory
    768
    --cpus
    2
    --timeout
    400
    "--file=${programs}=/test/programs"
    --env=EBPFKIT_COMPILED_PROGRAMS=/test/programs
    "${build_dir}/ebpfkit_runtime_tests"
    --
    "${filter}")
# For expect_output() of machines.cmake. A run without tests passes, too.
set(test_output "${output}")
expect_output("[  PASSED  ]" "[       OK ] runtime_ring_buffer.callback")
if("${TARGET}" STREQUAL "aarch64")
  expect_output("[       OK ] runtime_modules.fentry_and_fexit")
endif()
