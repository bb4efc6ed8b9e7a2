configure()
expect_success("configuring again")
# inspect-help lists what there is. The project's own target stays, and CMake says so.
expect_output("the project has a target 'list-links' of its own")
build(--target inspect-help)
expect_success("inspect-help")
expect_output("list-progs List the programs in the kernel")
expect_output("load Run the project's loader as root (LOAD_ARGS)")
expect_no_output("list-links")
build(--target list-links)
expect_success("the project's own target")
expect_output("a target of the project")

# Targets that build.
build(--target ebpf codegen)
expect_success("ebpf and codegen")

# The loader gets LOAD_ARGS, split as a shell does it.
set(ENV{LOAD_ARGS} "one 'two words'")
build(--target load)
expect_success("load")
expect_output("argument <one>")
expect_output("argument <two words>")
unset(ENV{LOAD_ARGS})

# With two loaders, the project says which.
configure(-DCASE_OTHER_LOADER=ON)
expect_success("configuring two loaders")
build(--target load)
expect_failure_of("load" "several executables of the project link skeletons: loader, other"
                  "-DEBPFKIT_LOADER=<target>")
configure(-DEBPFKIT_LOADER=other)
expect_success("naming the loader")
build(--target load)
expect_success("the named loader")
configure(-DEBPFKIT_LOADER=nobody)
expect_failure_of("naming no target" "EBPFKIT_LOADER 'nobody' is not a target of this project")
configure(-DEBPFKIT_LOADER=loader)

# A prefix keeps the names apart.
configure(-DEBPFKIT_TARGET_PREFIX=bpf-)
expect_success("a prefix")
build(--target bpf-inspect-help)
expect_success("bpf-inspect-help")
expect_output("bpf-list-links")
configure("-DEBPFKIT_TARGET_PREFIX=two words")
expect_failure_of("a wrong prefix"
                  "EBPFKIT_TARGET_PREFIX 'two words' cannot begin the name of a target")

# Without the targets.
configure(-DEBPFKIT_TARGET_PREFIX= -DEBPFKIT_INSPECTION_TARGETS=OFF)
expect_success("no targets")
build(--target inspect-help)
expect_failure_of("inspect-help without targets" "inspect-help")

# The command itself: wrong words.
try("${PREFIX}/bin/ebpfkit" inspect --object=nothing list-progs)
expect_failure_of("an object without a path" "--object 'nothing' is no NAME=PATH")
try("${PREFIX}/bin/ebpfkit" inspect list-prog)
expect_failure_of("a misspelt subcommand" "list-progs")

# An application stands for the objects that it carries, also when it is stripped.
find_program(CMAKE_STRIP_PROGRAM strip REQUIRED)
set(application "${build_dir}/stripped")
run("${CMAKE_STRIP_PROGRAM}" --strip-all -o "${application}" "${build_dir}/loader")
run("${PREFIX}/bin/ebpfkit" core list "${application}")
expect_output("stripped:counters")
run("${PREFIX}/bin/ebpfkit" inspect btf-dump "${application}")
expect_output("stripped:counters")
run("${PREFIX}/bin/ebpfkit" inspect visualize "${application}" --format dot --output
    "${build_dir}/pictures")
expect_output("stripped_counters.count_processes.dot")
if(EXISTS /sys/kernel/btf/vmlinux)
  run("${PREFIX}/bin/ebpfkit" inspect relocations "${application}")
  expect_output("stripped:counters")
endif()
execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(user STREQUAL "0")
  run("${PREFIX}/bin/ebpfkit" inspect verbose-load "${application}" --log-directory
      "${build_dir}/logs")
  expect_output("counters.count_processes tracepoint loaded")
endif()
