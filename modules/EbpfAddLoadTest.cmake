#[=[.rst:
ebpf_add_load_test
------------------

Loads BPF programs on real kernels when ``ctest`` runs::

  ebpf_add_load_test(<name> PROGRAMS <program>... [KERNELS <kernel>...]
                     [EXPECT_FAIL <kernel> <function> <regex>]... [OPTIONAL <function>...]
                     [REQUIRES_KERNEL_BTF <function>...] [ONE_OF <function>...]... [NO_ATTACH]
                     [MEMORY <MiB>] [TIMEOUT <seconds>] [KERNEL_ARGUMENTS <word>...])

``<name>``
  A target. Building it (it is part of ``all``) lists the programs for CTest.
``PROGRAMS``
  Targets of ``ebpf_add_program``. Every function with ``SEC()`` is loaded, also those with ``?``.
``KERNELS``
  Default: those of ``EBPFKIT_KERNELS`` that have the programs' CPU. Each is one of these:

  ``debian/6.1/amd64``
    A kernel in the cache (``ebpfkit kernel --help``). The test fetches it when it is not there, from the
    package mirror of this machine, unless ``EBPFKIT_FETCH_KERNELS`` is ``OFF``. With ``:no-btf`` behind it, the
    kernel runs without BTF, as kernels for routers do; the test then gives the programs its BTF, as
    ``ebpf_embed_btf`` does in an application.
  a file or directory
    A kernel image (vmlinuz, bzImage, Image), or a built tree of the kernel.
  ``host``
    The kernel that runs, without a virtual machine. The right to load comes from ``EBPFKIT_LAUNCHER``. Programs
    are loaded there, and not attached.
``EXPECT_FAIL``
  On this kernel (``*``: on all) the function must be refused, and a line of the verifier's log or of libbpf's
  messages must match the regular expression (ECMAScript).
``OPTIONAL``
  Functions that may be refused. Their tests are then skipped, and say why.
``REQUIRES_KERNEL_BTF``
  Functions (fentry, LSM, kfuncs, ...) that a kernel without BTF must refuse.
``ONE_OF``
  Functions of which at least one must load. The tests of the others are skipped. May be given again for another
  group.
``NO_ATTACH``
  Do not attach. Without it, programs whose ``SEC()`` names a hook are attached once and detached; XDP programs
  go to the loopback interface, programs for cgroups to the root.
``MEMORY``, ``TIMEOUT``
  Of a machine. Default 256 MiB (arm64: 512) and 60 seconds with KVM; without KVM the time is four times as long.
``KERNEL_ARGUMENTS``
  More words for the kernel's command line.

CTest gets one test for each kernel, ``<name>.<kernel>.boot``, which boots it once and loads everything, and one for
each function and kernel, ``<name>.<kernel>.<program>.<function>``, which looks at the result. A function without a
result has failed. Labels: ``ebpf``, ``vm`` (or ``host``), the kernel, the function. ``ctest -R`` of one function
boots its kernel by itself (a fixture). The results, with the verifier's figures, are JSON files in
``<build>/ebpf/<name>/results`` (``ebpfkit load-test table``).

Virtual machines need QEMU and no root. KVM is used where a machine really boots with it, else QEMU emulates.
The test ``ebpfkit.guest.<cpu>`` builds the small program that runs in the machines, with clang and lld, once, in
``EBPFKIT_CACHE_DIR``. The first time, it makes the static libraries for it (``ebpfkit sysroot build``), which takes a
minute.

Errors when configuring: an unknown or missing argument, PROGRAMS that ``ebpf_add_program`` did not make, programs for
a CPU whose machines cannot be booted, no kernel for their CPU. Errors when building: a function that the objects
do not have.

Example::

  enable_testing()
  ebpf_add_load_test(packets_loads PROGRAMS packets KERNELS debian/6.1/amd64 debian/6.12/amd64
                     EXPECT_FAIL debian/6.1/amd64 count_flows "unknown func")
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_add_load_test name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_add_load_test)
  set(arguments "${ARGN}")
  _ebpf_take_groups(expected_failures rest EXPECT_FAIL ${ARGN})
  _ebpf_take_groups(groups rest ONE_OF ${rest})
  cmake_parse_arguments(arg "NO_ATTACH" "MEMORY;TIMEOUT"
                        "PROGRAMS;KERNELS;OPTIONAL;REQUIRES_KERNEL_BTF;KERNEL_ARGUMENTS" ${rest})
  _ebpf_check_arguments(ebpf_add_load_test REQUIRED PROGRAMS SINGLE MEMORY TIMEOUT)
  _ebpf_check_new_target(ebpf_add_load_test "${name}")
  _ebpf_check_numbers(ebpf_add_load_test MEMORY TIMEOUT)
  set(objects "")
  set(object_names "")
  set(program_properties "")
  set(source_directories "")
  set(arch "")
  foreach(program IN LISTS arg_PROGRAMS)
    _ebpf_check_kind(ebpf_add_load_test PROGRAMS "${program}" PROGRAM ebpf_add_program)
    get_target_property(object ${program} EBPF_OBJECT)
    get_target_property(object_name ${program} EBPF_OUTPUT_NAME)
    get_target_property(program_arch ${program} EBPF_ARCH)
    get_target_property(source_directory ${program} SOURCE_DIR)
    list(APPEND source_directories "--source-directory=${source_directory}")
    if(object_name IN_LIST object_names)
      message(
        FATAL_ERROR
          "ebpf_add_load_test: two of PROGRAMS have the OUTPUT_NAME '${object_name}', which is in the names of tests.\n"
          "  Give one of them another OUTPUT_NAME, or call ebpf_add_load_test for each.")
    endif()
    list(APPEND object_names "${object_name}")
    list(APPEND objects "--object=${object_name}=${object}")
    # A budget may be set later: ebpf_verifier_budget().
    list(APPEND program_properties "$<TARGET_PROPERTY:${program},EBPF_BUDGET_WORDS>"
         "$<TARGET_PROPERTY:${program},EBPF_VARIANT_WORDS>")
    if(NOT arch STREQUAL "" AND NOT program_arch STREQUAL arch)
      message(
        FATAL_ERROR
          "ebpf_add_load_test: PROGRAMS are for different CPUs: '${program}' for ${program_arch}, others for ${arch}.\n"
          "  Call ebpf_add_load_test once for each ARCH.")
    endif()
    set(arch ${program_arch})
  endforeach()
  _ebpf_machine_cpu(cpu ebpf_add_load_test "${arch}")
  _ebpf_test_kernels(kernels ebpf_add_load_test ${cpu} ${arg_KERNELS})

  set(words "")
  foreach(group IN LISTS expected_failures)
    string(REPLACE "\t" ";" group "${group}")
    list(LENGTH group length)
    if(NOT length EQUAL 3)
      _ebpf_usage_error(
        "ebpf_add_load_test: EXPECT_FAIL needs a kernel, a function and a regular expression.")
    endif()
    list(TRANSFORM group PREPEND "--expect-fail=")
    list(APPEND words ${group})
  endforeach()
  foreach(group IN LISTS groups)
    string(REPLACE "\t" "," group "${group}")
    list(APPEND words "--one-of=${group}")
  endforeach()
  list(TRANSFORM arg_OPTIONAL PREPEND "--optional=")
  list(TRANSFORM arg_REQUIRES_KERNEL_BTF PREPEND "--requires-kernel-btf=")
  list(TRANSFORM kernels PREPEND "--kernel=" OUTPUT_VARIABLE kernel_words)

  set(run "$<TARGET_FILE:EbpfKit::ebpfkit>" load-test run ${objects})
  _ebpf_machine_words(machine_words ebpf_add_load_test ${cpu})
  list(REMOVE_DUPLICATES source_directories)
  list(APPEND run ${machine_words} ${source_directories})
  if(arg_NO_ATTACH)
    list(APPEND run --no-attach)
  endif()
  foreach(word IN LISTS EBPFKIT_LAUNCHER)
    list(APPEND run "--launcher=${word}")
  endforeach()
  list(TRANSFORM run PREPEND "--run=")

  _ebpf_output_directory(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")
  set(script "${directory}/${name}.tests.cmake")
  _ebpf_tool_output(output "${script}")
  set(properties "$<FILTER:${program_properties},EXCLUDE,^$>")
  _ebpf_ctest_timeout(ctest_timeout "${arg_TIMEOUT}")
  add_custom_command(
    OUTPUT "${script}"
    COMMAND
      EbpfKit::ebpfkit load-test write --name ${name} --tool "$<TARGET_FILE:EbpfKit::ebpfkit>"
      --results-directory "${directory}/results" ${objects} ${kernel_words} ${words} ${arg_OPTIONAL}
      ${arg_REQUIRES_KERNEL_BTF} "${properties}" ${run} --fixture ebpfkit.guest.${cpu} --timeout
      ${ctest_timeout} ${output}
    DEPENDS ${arg_PROGRAMS} EbpfKit::ebpfkit
    COMMENT "Listing the load tests of ${name}"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${name} ALL DEPENDS "${script}")
  set_target_properties(${name} PROPERTIES EBPF_KIND LOAD_TEST)
  foreach(program IN LISTS arg_PROGRAMS)
    get_target_property(real_name ${program} NAME) # of an alias: the name of its target
    set_property(TARGET ${real_name} APPEND PROPERTY EBPF_LOAD_RESULTS "${directory}/results")
  endforeach()
  _ebpf_include_tests("${name}" "${script}")
endfunction()
