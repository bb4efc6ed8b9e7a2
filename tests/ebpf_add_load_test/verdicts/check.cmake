# Each kernel boots once, and each program has the right verdict on it, for the right reason.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/machines.cmake")
set(kernels debian/5.10/amd64 debian/6.12/amd64 debian/6.1/amd64:no-btf)
run_ctest()
set(good "ebpfkit.guest.x86_64")
set(bad "")
set(left_out "")
foreach(kernel IN LISTS kernels)
  set(test "loads.${kernel}")
  list(APPEND good "${test}.boot")
  foreach(
    name
    good.counts_rounds good.counts_rounds.budget good.counts_rounds.many good.entry_of_function
    good.entry_of_function.many good.newest good.newest.budget good.newest.many
    good.newest.many.budget bad.null_pointer bad.is_fine)
    list(APPEND good "${test}.${name}")
  endforeach()
  list(APPEND bad "${test}.good.counts_rounds.many.budget" "${test}.bad.other_reason"
       "${test}.bad.unexpected")
  list(APPEND left_out "${test}.bad.optional_one" "${test}.bad.never_loads")
  foreach(name good.entry_of_function.budget good.entry_of_function.many.budget)
    # A kernel without BTF loads no fentry program, so there is nothing to count.
    if(kernel MATCHES "no-btf")
      list(APPEND left_out "${test}.${name}")
    else()
      list(APPEND good "${test}.${name}")
    endif()
  endforeach()
endforeach()
expect_tests(passed ${good})
expect_tests(failed ${bad})
expect_tests(skipped ${left_out})
expect_output(
  "'bad.unexpected' on debian/6.12/amd64 (Linux 6.12"
  "cause:          R0 invalid mem access 'map_value_or_null'"
  "source:         bad.bpf.c:"
  " | READS_NULL(unexpected)"
  "how to mend it: Write `if (!pointer) return 0;`"
  "as EXPECT_FAIL says, but not for the reason 'a reason that the verifier does not give'"
  "more than MAX_INSTRUCTIONS 3000")

# One function boots its kernel alone.
run_ctest(-R "^loads\\.debian/6\\.12/amd64\\.bad\\.is_fine$")
expect_tests(passed ebpfkit.guest.x86_64 loads.debian/6.12/amd64.boot
             loads.debian/6.12/amd64.bad.is_fine)

# The results stay for people and other programs.
set(results "${build_dir}/ebpf/loads/results")
run("${PREFIX}/bin/ebpfkit" load-test table "${results}")
if(NOT output MATCHES "debian/5.10/amd64 +good.counts_rounds.many +loaded +1[0-9][0-9][0-9][0-9] ")
  message(FATAL_ERROR "The table is wrong:\n${output}")
endif()
run("${PREFIX}/bin/ebpfkit" load-test compare --old "${results}" --new "${results}")
if(NOT output STREQUAL "Nothing changed.\n")
  message(FATAL_ERROR "The comparison is wrong:\n${output}")
endif()

# A baseline: the same figures pass, smaller ones do not.
configure(-DCASE_BASELINE=ON)
expect_success("configuring with a baseline")
build()
expect_success("building with a baseline")
run_ctest(-R "debian/6\\.12/amd64\\.good\\.counts_rounds\\.budget")
expect_output("There is no baseline" "base:line.json" "--target verifier-baseline")
run("${CMAKE_COMMAND}" --build "${build_dir}" --target verifier-baseline)
run_ctest(-R "debian/6\\.12/amd64\\.good\\.counts_rounds\\.budget")
expect_tests(failed)
file(READ "${source_dir}/base:line.json" baseline)
string(REGEX REPLACE "\"instructions\": [0-9]+" "\"instructions\": 5" baseline "${baseline}")
file(WRITE "${source_dir}/base:line.json" "${baseline}")
run_ctest(-R "debian/6\\.12/amd64\\.good\\.counts_rounds\\.budget")
expect_tests(failed loads.debian/6.12/amd64.good.counts_rounds.budget)
expect_output("The baseline has 5, and 10 % more is tolerated (5).")

# The running kernel, without a machine.
execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(user EQUAL 0)
  set(here "${build_dir}/host.json")
  run("${PREFIX}/bin/ebpfkit" load-test run --kernel host --object "bad=${build_dir}/bad.bpf.o"
      --guest "x86_64=${build_dir}/ebpfkit/guest/x86_64/ebpfkit-guest" --results "${here}")
  run("${PREFIX}/bin/ebpfkit" load-test check --results "${here}" --program bad.is_fine)
  run("${PREFIX}/bin/ebpfkit" load-test check --results "${here}" --program bad.null_pointer
      --expect-fail "map_value_or_null")
endif()
