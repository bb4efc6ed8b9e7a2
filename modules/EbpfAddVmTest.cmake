#[=[.rst:
ebpf_add_vm_test
----------------

Runs an executable of the project in virtual machines with real kernels when ``ctest`` runs::

  ebpf_add_vm_test(<name> COMMAND <target> [<argument>...] [KERNELS <kernel>...] [FILES <file>[=<path>]...]
                   [ENVIRONMENT <name>=<value>...] [MEMORY <MiB>] [CPUS <count>] [TIMEOUT <seconds>]
                   [KERNEL_ARGUMENTS <word>...])

``<name>``
  The tests are ``<name>.<kernel>``, with the labels ``ebpf``, ``vm`` and the kernel.
``COMMAND``
  A target of ``add_executable`` and its arguments. The program is ``/test/<name of the file>`` in the machine. When
  it is dynamic, the libraries that it needs go with it; it must then be for this computer's CPU.
``KERNELS``
  As for ``ebpf_add_load_test``, but not ``host``. The machine's CPU is that of the project's target system.
``FILES``
  Files and directories for the machine. Without ``=<path>``, they go to the program's working directory, ``/test``.
  Programs bring the libraries that they need.
``ENVIRONMENT``
  Variables of the program's environment. It has PATH, HOME and TMPDIR, and nothing from outside.
``MEMORY``, ``CPUS``, ``TIMEOUT``
  Default 256 MiB (arm64: 512), 2 processors, 60 seconds with KVM. Without KVM the time is four times as long.
``KERNEL_ARGUMENTS``
  More words for the kernel's command line.

The program runs as root, with bpffs, tracefs, debugfs and cgroup2 mounted, the loopback interface and two connected
veth interfaces (``veth0``, ``veth1``) up, and ``/tmp`` empty. ``/boot/config-<release>`` is the configuration of its
kernel, where libbpf looks for the values of ``CONFIG_...`` variables. The machine has ACPI and interrupt controllers,
so that events arrive at once.

The test fails when the program's exit status is not 0, when it prints ``not ok`` of TAP or KTAP, and when the kernel
complains about itself meanwhile (WARN, BUG, KASAN, lockdep; with KVM also a hang). Output and exit status are the program's.
``<build>/ebpf/<name>/<kernel>.junit.xml`` has an entry for each test that the program told in the form of TAP, KTAP or
GoogleTest. A machine that does not start is booted twice more; a panic, a time-out or a machine that stops is told as
such.

A machine's clock may run ahead of this computer's when the computer is busy: compare no duration in the machine with
one outside.

Errors when configuring: an unknown or missing argument, a COMMAND that is no executable target, KERNELS for another
CPU, a CPU whose machines cannot be booted.

Example::

  ebpf_add_vm_test(loader_runs COMMAND loader --self-test KERNELS debian/6.1/amd64)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_add_vm_test name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_add_vm_test)
  set(arguments "${ARGN}")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MEMORY;CPUS;TIMEOUT"
                        "COMMAND;KERNELS;FILES;ENVIRONMENT;KERNEL_ARGUMENTS")
  _ebpf_check_arguments(ebpf_add_vm_test REQUIRED COMMAND SINGLE MEMORY CPUS TIMEOUT)
  _ebpf_check_numbers(ebpf_add_vm_test MEMORY CPUS TIMEOUT)
  list(POP_FRONT arg_COMMAND executable)
  set(type "")
  if(TARGET "${executable}")
    get_target_property(type "${executable}" TYPE)
  endif()
  if(NOT type STREQUAL "EXECUTABLE")
    message(
      FATAL_ERROR "ebpf_add_vm_test: COMMAND '${executable}' is no target of add_executable.\n"
                  "  Write COMMAND <target> [<argument>...], and add the executable first.")
  endif()
  if("host" IN_LIST arg_KERNELS)
    message(
      FATAL_ERROR "ebpf_add_vm_test: KERNELS host: the running kernel needs no virtual machine.\n"
                  "  Write add_test(NAME ${name} COMMAND ${executable}).")
  endif()
  _ebpf_find_architecture(target "${CMAKE_SYSTEM_PROCESSOR}")
  if(target_NAME STREQUAL "i386")
    set(target_KERNEL i386)
  endif()
  _ebpf_machine_cpu(cpu ebpf_add_vm_test "${target_KERNEL}")
  _ebpf_test_kernels(kernels ebpf_add_vm_test ${cpu} ${arg_KERNELS})
  if(NOT DEFINED arg_CPUS)
    set(arg_CPUS 2)
  endif()
  _ebpf_machine_words(machine_words ebpf_add_vm_test ${cpu})
  set(files "")
  foreach(file IN LISTS arg_FILES)
    string(REGEX MATCH "^([^=]+)(=.*)?$" unused "${file}")
    set(path "${CMAKE_MATCH_1}")
    set(place "${CMAKE_MATCH_2}")
    # A file may be made by the build.
    if(NOT path MATCHES "^\\$<")
      cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    endif()
    list(APPEND files "--file=${path}${place}")
  endforeach()
  foreach(variable IN LISTS arg_ENVIRONMENT)
    if(NOT variable MATCHES "^[A-Za-z_][A-Za-z0-9_]*=")
      _ebpf_usage_error("ebpf_add_vm_test: ENVIRONMENT '${variable}' is no <name>=<value>.")
    endif()
    list(APPEND files "--env=${variable}")
  endforeach()
  set(timeout "")
  if(DEFINED arg_TIMEOUT)
    set(timeout ${arg_TIMEOUT})
  endif()
  _ebpf_ctest_timeout(ctest_timeout "${timeout}")
  _ebpf_output_directory(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")
  foreach(kernel IN LISTS kernels)
    string(REGEX REPLACE "[^A-Za-z0-9.-]" "_" file "${kernel}")
    add_test(
      NAME "${name}.${kernel}"
      COMMAND
        EbpfKit::ebpfkit vm-test ${machine_words} ${files} --kernel "${kernel}" --junit
        "${directory}/${file}.junit.xml" --name ${name} "$<TARGET_FILE:${executable}>" --
        ${arg_COMMAND} COMMAND_EXPAND_LISTS)
    set_tests_properties(
      "${name}.${kernel}"
      PROPERTIES LABELS "ebpf;vm;${kernel}" TIMEOUT ${ctest_timeout} PROCESSORS ${arg_CPUS}
                 SKIP_RETURN_CODE 77 FIXTURES_REQUIRED ebpfkit.guest.${cpu})
  endforeach()
endfunction()
