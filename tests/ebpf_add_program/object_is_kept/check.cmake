# clang writes another file beside the object (-ftime-trace).
set(object "${build_dir}/ebpf/prog/prog.bpf.c.o")
if(NOT EXISTS "${build_dir}/ebpf/prog/prog.bpf.c.json")
  message(FATAL_ERROR "The file is not beside the object.")
endif()

# A source with an error leaves the old object, and the error does not name temporary files.
file(SHA256 "${object}" digest)
file(WRITE "${source_dir}/prog.bpf.c" "int variable = wrong;\n")
touch("${source_dir}/prog.bpf.c")
build()
set(expected_texts "use of undeclared identifier 'wrong'")
expect_failure("building a source with an error")
expect_no_output(".ebpfkit-")
file(SHA256 "${object}" digest_after)
if(NOT digest STREQUAL digest_after)
  message(FATAL_ERROR "The object changed although its source has an error.")
endif()
build()
expect_failure("building the same source again")

# The limit of file sizes holds for clang too. There is one error, and it names the object.
file(WRITE "${source_dir}/prog.bpf.c" "char variable[1000000] = {1};\n")
touch("${source_dir}/prog.bpf.c")
execute_process(
  COMMAND sh -c "ulimit -f 100; exec \"$@\"" sh "${CMAKE_COMMAND}" --build "${build_dir}"
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)
set(expected_texts "cannot write '${object}': File too large" "ulimit -f")
expect_failure("building an object that is too large")
expect_no_output("PLEASE submit a bug report")
file(SHA256 "${object}" digest_after)
if(NOT digest STREQUAL digest_after)
  message(FATAL_ERROR "The object changed although it could not be written.")
endif()
