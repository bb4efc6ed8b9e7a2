run("${build_dir}/separate")
run("${build_dir}/shared")

# When the application's shared header differs from the program's type, the application does not compile.
file(READ "${source_dir}/prog.bpf.c" text)
string(REPLACE "#include \"event.h\"" "struct event { int process; };" text "${text}")
file(WRITE "${source_dir}/prog.bpf.c" "${text}")
build()
set(expected_texts "static assertion failed")
expect_failure("building with a header that differs")
