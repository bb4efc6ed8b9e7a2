#[=[.rst:
ebpf_generate_bindings
----------------------

Makes types of a kernel or of a BPF object usable: a C header for BPF programs, a C++ header or Rust
types for programs of the host::

  ebpf_generate_bindings(<name> [TYPES <type>...] [FIELDS <type.member>...] | WHOLE
                         [BTF <file> [BTF_BASE <file>] | BTFS <file>...] [HEADER <file-name>])

  ebpf_generate_bindings(<name> TYPES <type>... LANGUAGE CXX|RUST
                         [BTF <file> [BTF_BASE <file>] | BTFS <file>... | PROGRAM <program>]
                         [NAMESPACE <namespace>] [HEADER <file-name>])

  ebpf_generate_bindings(<name> HEADERS <header>... TYPES <type>...
                         [INCLUDE_DIRECTORIES <dir>...] [OPTIONS <option>...] [LANGUAGE ...] ...)

``<name>``
  An INTERFACE library: a program takes the C header by ``BINDINGS <name>`` (or by linking it); an
  application links it for the C++ header.
``TYPES``
  Names of structs, unions, enums or typedefs (``task_struct`` or ``"struct task_struct"``). They come
  with all that they need by value; records behind pointers are declared only, so name those too whose
  members are read.
``FIELDS``
  Paths of members, as in ``FIELDS task_struct.tgid task_struct.real_parent.tgid``: the records along
  them, with these members only. Accesses are CO-RE relocations, so a program is the same as with the
  whole records. What is not the kernel's is the records' size: they are for pointers only. Refused
  where layout matters, each with a message that says why: contexts (``xdp_md``) and headers of packets
  (``iphdr``) by this command; variables and copies by the compiler, since the records are made larger
  than the BPF stack; globals, map keys and map values when the program is linked, by the decl tag
  ``ebpfkit:fields`` on the records (clang 14). ``sizeof`` and ``pointer + 1`` compile and give the size
  of the enlarged record, which no relocation corrects.
``WHOLE``
  Everything in the BTF, as ``bpftool btf dump file <file> format c`` gives it.
``BTF``
  A raw BTF file, an ELF file with a ``.BTF`` section (vmlinux, BPF object), or either compressed
  (``.xz``, ``.zst``, ``.gz``, BTFHub's ``.tar.xz``). Where there is no such file, a name in
  the directory ``EBPFKIT_BTF_DIR``, such as ``ubuntu/22.04/arm64/5.15.0-25``: it is looked up when
  CMake configures, with or without ``.btf`` and the like, by any name of the architecture, and may
  leave out the end of the release when that means one file. Default: the cache variable
  ``EBPFKIT_BTF``; in a native build that defaults to the running kernel's BTF, of which a copy is
  taken when CMake configures, so that a reboot or a new mount changes nothing behind the build's back.
  When cross-compiling there is no default.
``BTF_BASE``
  The kernel's BTF, for a BTF of its module that is split (``make modules``, ``pahole --btf_base``):
  resolved as BTF is. Default for ``/sys/kernel/btf/<module>`` in a native build: the running kernel's. A
  module that has a section ``.BTF.base`` of its own (Linux 6.11) needs none.
``BTFS``
  Several of them, for a program that runs on all these kernels: the union of the types asked for. They
  come from the first that has them all or, where none has, each from the first that has it. A type
  that differs between two of them is an error that tells what differs; of ``FIELDS`` only existence and
  type of the members count, since offsets are relocated.
``PROGRAM``
  A target of ``ebpf_add_program``: the types come from its object's BTF, so that both sides agree by
  construction.
``HEADERS``, ``INCLUDE_DIRECTORIES``, ``OPTIONS``
  For kernels without BTF: the types come from C headers (``linux/sched.h``), compiled for the target
  system with these include directories and options, which must be those of the kernel. Their offsets
  are FIXED then: there is no CO-RE, and the program is right only on kernels built from these headers
  with their configuration. Constants of BPF itself come from ``linux/bpf.h`` (``TYPES bpf_map_type``),
  which such a program does not include. The build and the header warn of it, and each record has the
  decl tag ``ebpfkit:fixed-layout:<headers>`` in the object's BTF (clang 14). The C++ skeleton's
  ``load()`` compares these records with the running kernel's BTF, or, without any, the release of the
  headers with the kernel's, and refuses on a difference (``ebpfkit::load_options``).
``LANGUAGE``
  ``C`` (default), for BPF programs. ``CXX``: a C++17 header for programs of the host, with the layout
  that the types have in the kernel or the object on every host: integers of fixed width, pointers as
  integers, explicit padding, enums with their underlying type, and a ``static_assert`` for each size
  and offset. It stands beside any system header, whatever macros these define. ``RUST``: the same types
  for Rust, ``repr(C)`` and with layout tests, by ``bindgen`` 0.60 or newer (cache variable
  ``EBPFKIT_BINDGEN``).
``NAMESPACE``
  C++ namespace of the types, ``a`` or ``a::b``. Default ``kernel``, with PROGRAM the program's
  OUTPUT_NAME.
``HEADER``
  Name of the file. Default ``vmlinux.h``, ``<name>.hpp`` for C++ and ``<name>.rs`` for Rust.

A C header from BTF carries ``preserve_access_index``, so field accesses are CO-RE relocations, and the
integer typedefs that libbpf's helper declarations need. Its first lines record the BTF's SHA-256, the
kernel release where it is known, and what was asked for. BTF of another architecture than the target's
is warned about at build time.

Target properties set: ``EBPF_HEADER`` (path of the file; may hold ``$<CONFIG>`` with PROGRAM),
``EBPF_BTF`` and ``EBPF_BTF_BASE`` (the one file that the types come from, and what it continues, or empty).

Errors: unknown or missing arguments, a BTF that is not there (with the nearest names), no BTF when
cross-compiling, no bindgen; at build time a file that is not BTF or is damaged, a type that it does not
have (with the nearest names), types that differ, headers that clang does not compile.

Example::

  ebpf_generate_bindings(kernel_types TYPES ethhdr iphdr FIELDS task_struct.real_parent.tgid)
  ebpf_generate_bindings(shared_types PROGRAM packets TYPES event LANGUAGE CXX)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_generate_bindings name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_generate_bindings)
  set(arguments "${ARGN}")
  set(single BTF BTF_BASE HEADER LANGUAGE NAMESPACE PROGRAM)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WHOLE" "${single}"
                        "TYPES;FIELDS;BTFS;HEADERS;INCLUDE_DIRECTORIES;OPTIONS")
  _ebpf_check_arguments(
    ebpf_generate_bindings
    "ebpf_generate_bindings(<name> [TYPES <type>...] [FIELDS <type.member>...] | WHOLE [LANGUAGE C|CXX|RUST] [BTF <file> [BTF_BASE <file>] | BTFS <file>... | PROGRAM <program> | HEADERS <header>...] [INCLUDE_DIRECTORIES <dir>...] [OPTIONS <option>...] [NAMESPACE <namespace>] [HEADER <file-name>])"
    SINGLE
    ${single})
  _ebpf_check_new_target(ebpf_generate_bindings "${name}")
  if(NOT DEFINED arg_LANGUAGE)
    set(arg_LANGUAGE C)
  endif()
  _ebpf_check_choice(ebpf_generate_bindings LANGUAGE "${arg_LANGUAGE}" C CXX RUST)
  _ebpf_check_bindings_request()
  _ebpf_check_bindings_output()

  set(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")
  set(one_btf "")
  set(btf_base "")
  if(DEFINED arg_PROGRAM)
    get_target_property(btf ${arg_PROGRAM} EBPF_OBJECT)
    set(source --btf "${btf}" --object --source-label "BPF program ${arg_PROGRAM}")
    set(dependencies "${btf}" ${arg_PROGRAM})
    _ebpf_output_directory(directory "${directory}")
  elseif(DEFINED arg_HEADERS)
    _ebpf_header_types(ebpf_generate_bindings ${name} btf label)
    set(source --btf "${btf}" --source-label "C headers" --fixed-layout "${label}")
    set(dependencies "${btf}")
  elseif(DEFINED arg_BTFS)
    _ebpf_btf_sources(ebpf_generate_bindings dependencies source ${arg_BTFS})
  else()
    _ebpf_btf_source(ebpf_generate_bindings one_btf btf_base source "${arg_BTF}" "${arg_BTF_BASE}")
    set(dependencies ${one_btf} ${btf_base})
  endif()
  if(NOT DEFINED arg_PROGRAM)
    _ebpf_target_arch(arch)
    if(NOT arch STREQUAL "")
      list(APPEND source --arch ${arch})
    endif()
  endif()

  set(selection --whole)
  if(NOT arg_WHOLE)
    list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE selection)
    list(TRANSFORM arg_FIELDS PREPEND "--type=" OUTPUT_VARIABLE fields)
    list(APPEND selection ${fields})
  endif()
  set(header "${directory}/include/${arg_HEADER}")
  set(kind HOST_TYPES)
  if(arg_LANGUAGE STREQUAL "RUST")
    _ebpf_rust_bindings("${header}")
  elseif(arg_LANGUAGE STREQUAL "CXX")
    _ebpf_bindings_file("${header}" export cxx --namespace "${arg_NAMESPACE}")
  else()
    set(kind BINDINGS)
    _ebpf_bindings_file("${header}" bindings)
  endif()

  add_library(${name} INTERFACE "${header}")
  target_include_directories(${name} INTERFACE "${directory}/include")
  set_target_properties(
    ${name}
    PROPERTIES EBPF_KIND ${kind}
               EBPF_HEADER "${header}"
               EBPF_BTF "${one_btf}"
               EBPF_BTF_BASE "${btf_base}")
endfunction()

# _ebpf_check_bindings_request(): fatal for keywords of ebpf_generate_bindings, its caller, that lack
# something or exclude each other.
function(_ebpf_check_bindings_request)
  if(arg_WHOLE AND DEFINED arg_TYPES)
    message(FATAL_ERROR "ebpf_generate_bindings: TYPES and WHOLE exclude each other.\n"
                        "  WHOLE has every type; leave TYPES out.")
  elseif(arg_WHOLE AND DEFINED arg_FIELDS)
    message(FATAL_ERROR "ebpf_generate_bindings: FIELDS and WHOLE exclude each other.\n"
                        "  WHOLE has every member; leave FIELDS out.")
  elseif(NOT arg_WHOLE AND NOT DEFINED arg_TYPES AND NOT DEFINED arg_FIELDS)
    message(FATAL_ERROR "ebpf_generate_bindings: neither TYPES nor WHOLE is given.\n"
                        "  Write: ebpf_generate_bindings(${name} TYPES <type>...)")
  endif()
  foreach(type IN LISTS arg_TYPES)
    if(type MATCHES "\\.")
      message(FATAL_ERROR "ebpf_generate_bindings: TYPES '${type}' is a path of members.\n"
                          "  Write: FIELDS ${type}")
    endif()
  endforeach()
  foreach(field IN LISTS arg_FIELDS)
    if(NOT field MATCHES "^((struct|union) )?[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)+$")
      message(FATAL_ERROR "ebpf_generate_bindings: FIELDS '${field}' is not a path of members.\n"
                          "  Write a type and its members: task_struct.real_parent.tgid")
    endif()
  endforeach()

  set(sources "")
  foreach(keyword BTF BTFS PROGRAM HEADERS)
    if(DEFINED arg_${keyword})
      list(APPEND sources ${keyword})
    endif()
  endforeach()
  list(LENGTH sources count)
  if(count GREATER 1)
    list(JOIN sources " and " sources)
    message(FATAL_ERROR "ebpf_generate_bindings: ${sources} exclude each other.\n"
                        "  Types come from one place.")
  endif()
  foreach(keyword BTFS PROGRAM HEADERS)
    if(DEFINED arg_BTF_BASE AND DEFINED arg_${keyword})
      message(FATAL_ERROR "ebpf_generate_bindings: BTF_BASE and ${keyword} exclude each other.\n"
                          "  BTF_BASE is the base of one BTF: write BTF <file> BTF_BASE <file>.")
    endif()
  endforeach()
  foreach(keyword INCLUDE_DIRECTORIES OPTIONS)
    if(DEFINED arg_${keyword} AND NOT DEFINED arg_HEADERS)
      message(FATAL_ERROR "ebpf_generate_bindings: ${keyword} is for HEADERS, which is not given.\n"
                          "  Leave ${keyword} out, or name the headers.")
    endif()
  endforeach()
  if(arg_WHOLE AND (DEFINED arg_BTFS OR DEFINED arg_HEADERS OR NOT arg_LANGUAGE STREQUAL "C"))
    message(FATAL_ERROR "ebpf_generate_bindings: WHOLE is for one BTF and LANGUAGE C.\n"
                        "  Name the types: TYPES <type>...")
  endif()
  if(DEFINED arg_FIELDS AND DEFINED arg_HEADERS)
    message(
      FATAL_ERROR "ebpf_generate_bindings: FIELDS and HEADERS exclude each other: FIELDS needs "
                  "CO-RE, which types from C headers do not have.\n  Write: TYPES <type>...")
  elseif(DEFINED arg_FIELDS AND NOT arg_LANGUAGE STREQUAL "C")
    message(
      FATAL_ERROR "ebpf_generate_bindings: FIELDS is for LANGUAGE C: other languages need the "
                  "whole layout.\n  Write: TYPES <type>...")
  endif()
endfunction()

# _ebpf_check_bindings_output(): checks PROGRAM, NAMESPACE and HEADER of ebpf_generate_bindings, its
# caller, and sets their defaults there.
function(_ebpf_check_bindings_output)
  set(namespace kernel)
  if(DEFINED arg_PROGRAM)
    _ebpf_check_kind(ebpf_generate_bindings PROGRAM "${arg_PROGRAM}" PROGRAM ebpf_add_program)
    if(arg_LANGUAGE STREQUAL "C")
      message(FATAL_ERROR "ebpf_generate_bindings: PROGRAM needs LANGUAGE CXX or RUST.\n"
                          "  For C, ebpf_add_skeleton(... TYPES <type>...) gives the types.")
    endif()
    get_target_property(namespace ${arg_PROGRAM} EBPF_OUTPUT_NAME)
  endif()
  if(DEFINED arg_NAMESPACE)
    if(NOT arg_LANGUAGE STREQUAL "CXX")
      message(FATAL_ERROR "ebpf_generate_bindings: NAMESPACE is for LANGUAGE CXX.\n"
                          "  Leave NAMESPACE out, or write LANGUAGE CXX.")
    elseif(NOT arg_NAMESPACE MATCHES "^[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_][A-Za-z0-9_]*)*$")
      message(
        FATAL_ERROR "ebpf_generate_bindings: NAMESPACE '${arg_NAMESPACE}' is not a C++ namespace.\n"
                    "  Write a or a::b.")
    endif()
    set(namespace "${arg_NAMESPACE}")
  endif()
  set(header vmlinux.h)
  if(arg_LANGUAGE STREQUAL "CXX")
    set(header "${name}.hpp")
  elseif(arg_LANGUAGE STREQUAL "RUST")
    set(header "${name}.rs")
  endif()
  if(DEFINED arg_HEADER)
    set(header "${arg_HEADER}")
    if(NOT header MATCHES "^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
      message(FATAL_ERROR "ebpf_generate_bindings: HEADER '${header}' is not a plain file name.\n"
                          "  Write a name without directories, such as vmlinux.h.")
    endif()
  endif()
  set(arg_NAMESPACE "${namespace}" PARENT_SCOPE)
  set(arg_HEADER "${header}" PARENT_SCOPE)
endfunction()

# _ebpf_bindings_file(<file> <argument of the host tool>...)
#
# The rule for one file. Reads name, source, selection and dependencies of ebpf_generate_bindings.
function(_ebpf_bindings_file file)
  _ebpf_tool_output(output "${file}")
  cmake_path(GET file FILENAME file_name)
  add_custom_command(
    OUTPUT "${file}"
    COMMAND EbpfKit::ebpfkit ${ARGN} ${source} ${selection} ${output}
    DEPENDS ${dependencies} EbpfKit::ebpfkit
    COMMENT "Generating kernel types ${name}/${file_name}"
    VERBATIM)
endfunction()

# _ebpf_rust_bindings(<file>)
#
# A C header with fixed layout, and Rust of it. Reads the variables of _ebpf_bindings_file and directory.
function(_ebpf_rust_bindings file)
  _ebpf_require_bindgen(ebpf_generate_bindings)
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  set(c_header "${directory}/rust/${identifier}.h")
  _ebpf_bindings_file("${c_header}" export c)
  cmake_path(GET file FILENAME file_name)
  cmake_path(GET file PARENT_PATH parent)
  add_custom_command(
    OUTPUT "${file}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${parent}"
    COMMAND
      "${EBPFKIT_BINDGEN}" "--allowlist-file=.*/${identifier}[.]h" --use-core
      --ctypes-prefix=core::ffi --default-enum-style=consts --no-prepend-enum-name "${c_header}"
      --output "${file}"
    DEPENDS "${c_header}" "${EBPFKIT_BINDGEN}"
    COMMENT "Generating Rust types ${name}/${file_name}"
    VERBATIM)
endfunction()

# _ebpf_require_bindgen(<command>): sets EBPFKIT_BINDGEN (cache).
function(_ebpf_require_bindgen command)
  find_program(
    EBPFKIT_BINDGEN
    NAMES bindgen
    HINTS "$ENV{HOME}/.cargo/bin"
    NO_CMAKE_FIND_ROOT_PATH
    DOC "bindgen, for Rust types")
  set(reason "was not found")
  if(EBPFKIT_BINDGEN)
    execute_process(
      COMMAND "${EBPFKIT_BINDGEN}" --version
      OUTPUT_VARIABLE version
      ERROR_QUIET
      RESULT_VARIABLE result)
    if(result EQUAL 0 AND version MATCHES "bindgen ([0-9.]+)" AND CMAKE_MATCH_1
                                                                  VERSION_GREATER_EQUAL 0.60)
      return()
    endif()
    set(reason "'${EBPFKIT_BINDGEN}' does not run or is older than 0.60")
  endif()
  message(
    FATAL_ERROR
      "${command}: LANGUAGE RUST needs bindgen, which ${reason}.\n"
      "  Debian, Ubuntu: apt install bindgen\n  Fedora: dnf install bindgen-cli\n"
      "  Any: cargo install bindgen-cli\n" "  Or name one: -DEBPFKIT_BINDGEN=<path>")
endfunction()
