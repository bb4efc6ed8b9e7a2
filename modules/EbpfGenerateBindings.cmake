#[=[.rst:
ebpf_generate_bindings
----------------------

Makes a C header of kernel types out of BTF::

  ebpf_generate_bindings(<name> TYPES <type>... | WHOLE
                         [BTF <file>] [HEADER <file-name>])

``<name>``
  An INTERFACE library: a program takes the header by ``BINDINGS <name>`` (or by linking it).
``TYPES``
  Names of structs, unions, enums or typedefs (``task_struct`` or ``"struct task_struct"``). They come
  with all that they need by value; records behind pointers are declared only, so name those too whose
  members are read.
``WHOLE``
  Everything in the BTF, as ``bpftool btf dump file <file> format c`` gives it.
``BTF``
  A raw BTF file or an ELF file with a ``.BTF`` section (vmlinux). Default: the cache variable
  ``EBPFKIT_BTF``; in a native build that defaults to the running kernel's BTF, of which a copy is
  taken when CMake configures, so that a reboot or a new mount changes nothing behind the build's back.
  When cross-compiling there is no default.
``HEADER``
  Name of the header. Default ``vmlinux.h``.

The header carries ``preserve_access_index``, so field accesses are CO-RE relocations, and the integer
typedefs that libbpf's helper declarations need. Its first lines record the BTF's SHA-256, the kernel
release where it is known, and what was asked for.

Target properties set: ``EBPF_HEADER`` (path of the header).

Errors: unknown or missing arguments, a BTF that is not there, no BTF when cross-compiling; at build
time a file that is not BTF or is damaged, a type that it does not have (with the nearest names).

Example::

  ebpf_generate_bindings(kernel_types TYPES task_struct ethhdr iphdr)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_generate_bindings name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_generate_bindings)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WHOLE" "BTF;HEADER" "TYPES")
  _ebpf_check_arguments(
    ebpf_generate_bindings
    "ebpf_generate_bindings(<name> TYPES <type>... | WHOLE [BTF <file>] [HEADER <file-name>])")
  _ebpf_check_new_target(ebpf_generate_bindings "${name}")
  if(arg_WHOLE AND DEFINED arg_TYPES)
    message(FATAL_ERROR "ebpf_generate_bindings: TYPES and WHOLE exclude each other.\n"
                        "  WHOLE has every type; leave TYPES out.")
  elseif(NOT arg_WHOLE AND NOT DEFINED arg_TYPES)
    message(FATAL_ERROR "ebpf_generate_bindings: neither TYPES nor WHOLE is given.\n"
                        "  Write: ebpf_generate_bindings(${name} TYPES <type>...)")
  endif()
  if(NOT DEFINED arg_HEADER)
    set(arg_HEADER vmlinux.h)
  elseif(NOT arg_HEADER MATCHES "^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    message(FATAL_ERROR "ebpf_generate_bindings: HEADER '${arg_HEADER}' is not a plain file name.\n"
                        "  Write a name without directories, such as vmlinux.h.")
  endif()
  _ebpf_btf_source(ebpf_generate_bindings btf label release "${arg_BTF}")

  set(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}/include")
  set(header "${directory}/${arg_HEADER}")
  set(selection --whole)
  if(NOT arg_WHOLE)
    list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE selection)
  endif()
  set(kernel_release "")
  if(NOT release STREQUAL "")
    set(kernel_release --kernel-release "${release}")
  endif()
  _ebpf_tool_output(output "${header}")
  add_custom_command(
    OUTPUT "${header}"
    COMMAND EbpfKit::ebpfkit bindings --btf "${btf}" --source-label "${label}" ${kernel_release}
            ${selection} ${output}
    DEPENDS "${btf}" EbpfKit::ebpfkit
    COMMENT "Generating kernel types ${name}/${arg_HEADER}"
    VERBATIM)

  add_library(${name} INTERFACE "${header}")
  target_include_directories(${name} INTERFACE "${directory}")
  set_target_properties(${name} PROPERTIES EBPF_KIND BINDINGS EBPF_HEADER "${header}")
endfunction()

# _ebpf_btf_source(<command> <file-out> <label-out> <release-out> <btf>)
#
# Resolves the argument BTF (may be empty) to a file that rules can depend on, a label for the stamp,
# and the kernel release where it is known.
function(_ebpf_btf_source command file_out label_out release_out btf)
  if(btf STREQUAL "")
    set(btf "${EBPFKIT_BTF}")
  endif()
  set(running_kernel /sys/kernel/btf/vmlinux)
  if(btf STREQUAL "")
    if(CMAKE_CROSSCOMPILING)
      message(
        FATAL_ERROR
          "${command}: no BTF is given, and this build is for another system (${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}), whose kernel's types the running kernel does not tell.\n"
          "  Name that kernel's BTF: BTF <file>, or -DEBPFKIT_BTF=<file> (its vmlinux will do).")
    endif()
    if(NOT EXISTS "${running_kernel}")
      message(
        FATAL_ERROR
          "${command}: no BTF is given, and the running kernel has none ('${running_kernel}' is missing).\n"
          "  Name a kernel's BTF: BTF <file>, or -DEBPFKIT_BTF=<file> (a vmlinux will do).")
    endif()
    set(btf "${running_kernel}")
    set(EBPFKIT_BTF "${btf}" CACHE FILEPATH "BTF that kernel types are taken from")
  endif()
  cmake_path(ABSOLUTE_PATH btf BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${btf}" OR IS_DIRECTORY "${btf}")
    message(FATAL_ERROR "${command}: BTF '${btf}': there is no such file.\n"
                        "  Name a raw BTF file or an ELF file with a .BTF section.")
  endif()

  cmake_path(GET btf FILENAME label)
  set(release "")
  if(btf STREQUAL running_kernel)
    # sysfs renews the file's time at will; a copy has one that means something.
    set(release "${CMAKE_HOST_SYSTEM_VERSION}")
    set(label "running kernel")
    set(copy "${CMAKE_BINARY_DIR}/ebpfkit/running-kernel.btf")
    file(COPY_FILE "${btf}" "${copy}" ONLY_IF_DIFFERENT RESULT result)
    if(NOT result STREQUAL "0")
      message(FATAL_ERROR "${command}: cannot copy '${btf}' to '${copy}': ${result}.\n"
                          "  Check that the build directory is writable.")
    endif()
    set(btf "${copy}")
    get_property(told GLOBAL PROPERTY _EBPF_BTF_TOLD)
    if(NOT told)
      message(STATUS "EbpfKit: kernel types come from the running kernel's BTF (${release})")
      set_property(GLOBAL PROPERTY _EBPF_BTF_TOLD TRUE)
    endif()
  endif()
  set(${file_out} "${btf}" PARENT_SCOPE)
  set(${label_out} "${label}" PARENT_SCOPE)
  set(${release_out} "${release}" PARENT_SCOPE)
endfunction()
