# Every way in which a program, a kernel or a machine can end has its own clear outcome.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/machines.cmake")
set(kernel debian/6.1/amd64)
run_ctest(--parallel 2)
set(good ebpfkit.guest.x86_64)
foreach(name succeeds writes_googletest sees_the_system fills_the_disk static)
  list(APPEND good "${name}.${kernel}")
endforeach()
set(bad "corrupt_kernel.${build_dir}/corrupt" no_such_kernel.debian/9.9/amd64)
foreach(name fails is_killed panics warns stops hangs writes_tap no_qemu broken_qemu)
  list(APPEND bad "${name}.${kernel}")
endforeach()
expect_tests(passed ${good})
expect_tests(failed ${bad})

# Each tells its own reason.
expect_output(
  "kernel ${kernel}: the program's exit status is 3"
  "the program's exit status is 139"
  "the kernel stopped: Kernel panic - not syncing: sysrq triggered crash"
  "the kernel complained about itself: WARNING: CPU: 0 PID: 1 at a/file.c:1"
  "the machine stopped before all results had come"
  "the test 'second' failed"
  "corrupt' cannot be booted: it is no kernel image that is known here"
  "the time was over before all results had come"
  "the cache has no kernel 'debian/9.9/amd64'"
  "ebpfkit kernel fetch debian/9.9/amd64"
  "cannot start '${build_dir}/no-qemu': No such file or directory"
  "Install QEMU"
  "QEMU ended with status 1 before the kernel started its first process")
file(GLOB_RECURSE started "${build_dir}/started.txt")
file(STRINGS "${started}" starts)
list(LENGTH starts count)
if(NOT count EQUAL 3)
  message(
    FATAL_ERROR "A machine that does not start is booted three times, and not ${count} times.")
endif()

file(READ "${build_dir}/ebpf/writes_tap/debian_6.1_amd64.junit.xml" junit)
foreach(text "tests=\"3\" failures=\"1\" skipped=\"1\"" "name=\"first\"/>"
             "name=\"second\"><failure>why second fails" "name=\"third\"><skipped/>")
  if(NOT junit MATCHES "${text}")
    message(FATAL_ERROR "There is no '${text}' in:\n${junit}")
  endif()
endforeach()

# The same by hand.
run("${PREFIX}/bin/ebpfkit" kernel run ${kernel} --file "${build_dir}/program=/bin/program" --
    /bin/program succeeds)
if(NOT output MATCHES "mode succeeds")
  message(FATAL_ERROR "The program did not run:\n${output}")
endif()

# A killed ctest leaves no machine behind. The shell that counts does not count itself: its own words have brackets.
set(count
    "ps -eo args | grep -c -e '[e]bpfkit vm-test.* --memory 301 ' -e '^qemu-system-x86_64 .* -m 301 '"
)
# On a loaded machine both take some seconds to come and to go.
set(wait_for
    "count() { ${count}; }; wait_for() { for i in $(seq 300); do [ \"$(count)\" = $1 ] && break; sleep 0.2; done; count; }"
)
execute_process(
  COMMAND
    sh -c
    "${wait_for}; ctest --test-dir '${build_dir}' -R '^hangs' >/dev/null 2>&1 & process=$!; wait_for 2; kill -9 $process"
  OUTPUT_VARIABLE before)
execute_process(COMMAND sh -c "${wait_for}; wait_for 0" OUTPUT_VARIABLE after)
# What ctest itself leaves.
file(REMOVE "${build_dir}/Testing/Temporary/LastTest.log.tmp")
if(NOT before EQUAL 2 OR NOT after EQUAL 0)
  message(
    FATAL_ERROR
      "ebpfkit and QEMU: ${before} processes before ctest was killed, and ${after} behind that.")
endif()
