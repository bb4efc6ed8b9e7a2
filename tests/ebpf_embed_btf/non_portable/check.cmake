execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
find_program(UNSHARE unshare)
if(NOT user EQUAL 0 OR NOT UNSHARE)
  skip("needs root and unshare")
endif()
file(MAKE_DIRECTORY "${WORK_DIR}/empty")
macro(run_hidden program mode)
  run("${UNSHARE}" -m sh -c "mount --bind \"$1\" /sys/kernel/btf && exec \"$2\" $3" sh
      "${WORK_DIR}/empty" "${build_dir}/run_${program}" ${mode})
endmacro()

# The application does not allow programs that are not portable.
run_hidden(here refused)
expect_output("cannot find BTF for Linux")

# The program was built for this very kernel.
run_hidden(here checked)
expect_output("NOT PORTABLE: there is no BTF for Linux")
expect_output(
  "All values that were compared are equal: architecture, release, version, task_struct.pid, task_struct.tgid, task_struct.comm."
)
expect_output("not portable, 0 mismatches")
expect_output("agrees with /proc")

# The program was built for another layout behind the same release. Without the guard it reads wrong data
# silently, with the guard it is an error.
run_hidden(same_release forced)
expect_output("NOT PORTABLE")
expect_output("Forced, although data may be wrong")
expect_output("differs from /proc")
run_hidden(same_release checked)
expect_output("cannot run with the layout of 'other 1")
expect_output("where 'tgid' was at build time, is something else.")
expect_output("EBPFKIT_BTF_FILE=<file>")

run_hidden(other_release checked)
expect_output("at build time it was '4.9.0-other'.")
run_hidden(other_release forced)
expect_output("not portable, 4 mismatches")
expect_output("differs from /proc")

# Embedded BTF gives the right data, whatever kernel the application was built with.
foreach(mode refused checked forced)
  run_hidden(embedded ${mode})
  expect_output("kernel types come from the embedded BTF for")
  expect_output("portable, 0 mismatches")
  expect_output("agrees with /proc")
endforeach()
