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
  _ebpf_btf_source(ebpf_generate_bindings btf btf_arguments "${arg_BTF}")

  set(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}/include")
  set(header "${directory}/${arg_HEADER}")
  set(selection --whole)
  if(NOT arg_WHOLE)
    list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE selection)
  endif()
  _ebpf_tool_output(output "${header}")
  add_custom_command(
    OUTPUT "${header}"
    COMMAND EbpfKit::ebpfkit bindings ${btf_arguments} ${selection} ${output}
    DEPENDS "${btf}" EbpfKit::ebpfkit
    COMMENT "Generating kernel types ${name}/${arg_HEADER}"
    VERBATIM)

  add_library(${name} INTERFACE "${header}")
  target_include_directories(${name} INTERFACE "${directory}")
  set_target_properties(${name} PROPERTIES EBPF_KIND BINDINGS EBPF_HEADER "${header}")
endfunction()
