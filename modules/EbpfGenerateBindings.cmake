#[=[.rst:
ebpf_generate_bindings
----------------------

Makes a C header of kernel types for BPF programs::

  ebpf_generate_bindings(<name> [TYPES <type>...] [FIELDS <type.member>...] | WHOLE
                         [BTF <btf> [BTF_BASE <btf>] | BTFS <btf>...] [HEADER <file-name>])

  ebpf_generate_bindings(<name> HEADERS <header>... TYPES <type>...
                         [INCLUDE_DIRECTORIES <dir>...] [OPTIONS <option>...] [HEADER <file-name>])

Types for programs of the host are the business of ``ebpf_export_types``.

``<name>``
  An INTERFACE library: a program takes the header by ``BINDINGS <name>`` (or by linking it).
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
  Where the types come from, one of:

  - a file: raw BTF, an ELF file with a ``.BTF`` section (vmlinux, BPF object), or either compressed
    (``.xz``, ``.zst``, ``.gz``, BTFHub's ``.tar.xz``);
  - where there is no such file, a name in the BTF cache, such as ``ubuntu/22.04/arm64/5.15.0-25``
    (``ebpfkit btf fetch`` fills the cache). The host tool looks the name up when the build runs, with or
    without ``.btf`` and the like, by any name of the architecture. The name may leave out the end of the
    release when that means one file. The build runs again when the file changes.

  Default: the cache variable ``EBPFKIT_BTF``, a file or a name as well. In a native build that defaults to
  the running kernel's BTF; CMake takes a copy of it when it configures, so that a reboot or a new mount
  changes nothing behind the build's back. When cross-compiling there is no default.
``BTF_BASE``
  The kernel's BTF, for a BTF of its module that is split (``make modules``, ``pahole --btf_base``):
  resolved as BTF is. Default for ``/sys/kernel/btf/<module>`` in a native build: the running kernel's. A
  module that has a section ``.BTF.base`` of its own (Linux 6.11) needs none.
``BTFS``
  Several of them, for a program that runs on all these kernels: the union of the types asked for. They
  come from the first that has them all or, where none has, each from the first that has it. A type
  that differs between two of them is an error that tells what differs; of ``FIELDS`` only existence and
  type of the members count, since offsets are relocated.
``HEADERS``, ``INCLUDE_DIRECTORIES``, ``OPTIONS``
  For kernels without BTF: the types come from C headers (``linux/sched.h``), compiled for the target
  system with these include directories and options, which must be those of the kernel. Their offsets
  are FIXED then: there is no CO-RE, and the program is right only on kernels built from these headers
  with their configuration. Constants of BPF itself come from ``linux/bpf.h`` (``TYPES bpf_map_type``),
  which such a program does not include. The build and the header warn of it, and each record has the
  decl tag ``ebpfkit:fixed-layout:<headers>`` in the object's BTF (clang 14). The C++ skeleton's
  ``load()`` compares these records with the running kernel's BTF, or, without any, the release of the
  headers with the kernel's, and refuses on a difference (``ebpfkit::load_options``).
``HEADER``
  Name of the file. Default ``vmlinux.h``.

A header from BTF carries ``preserve_access_index``, so field accesses are CO-RE relocations, and the
integer typedefs that libbpf's helper declarations need. Its first lines record the BTF's SHA-256, the
kernel release where it is known, and what was asked for. BTF of another architecture than the target's
is warned about at build time.

Cache variable ``EBPFKIT_BTF_DIR``: the BTF cache that names are looked up in, default
``~/.cache/ebpfkit/btf``.

Target properties set: ``EBPF_HEADER`` (path of the file), ``EBPF_BTF`` and ``EBPF_BTF_BASE`` (the one BTF
that the types come from, a file or a name in the cache, and what it continues; or empty).

Errors: unknown or missing arguments, a file that is not there, no BTF when cross-compiling; at build time a
name that is not in the cache (with the nearest names), a file that is not BTF or is damaged, a type that it
does not have (with the nearest names), types that differ, headers that clang does not compile.

Example::

  ebpf_generate_bindings(kernel_types TYPES ethhdr iphdr FIELDS task_struct.real_parent.tgid)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_generate_bindings name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_generate_bindings)
  set(arguments "${ARGN}")
  foreach(keyword LANGUAGE PROGRAM NAMESPACE)
    if(keyword IN_LIST arguments)
      message(
        FATAL_ERROR
          "ebpf_generate_bindings: ${keyword} belongs to ebpf_export_types, which makes types for programs of the host.\n"
          "  Write: ebpf_export_types(${name} TYPES <type>... LANGUAGE CXX|RUST ...)")
    endif()
  endforeach()
  set(single BTF BTF_BASE HEADER)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WHOLE" "${single}"
                        "TYPES;FIELDS;BTFS;HEADERS;INCLUDE_DIRECTORIES;OPTIONS")
  _ebpf_check_arguments(ebpf_generate_bindings SINGLE ${single})
  _ebpf_check_new_target(ebpf_generate_bindings "${name}")
  _ebpf_check_bindings_request()
  _ebpf_check_type_source(ebpf_generate_bindings)
  if(NOT DEFINED arg_HEADER)
    set(arg_HEADER vmlinux.h)
  endif()
  _ebpf_check_header_name(ebpf_generate_bindings)

  _ebpf_type_source(ebpf_generate_bindings)
  set(selection --whole)
  if(NOT arg_WHOLE)
    list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE selection)
    list(TRANSFORM arg_FIELDS PREPEND "--type=" OUTPUT_VARIABLE fields)
    list(APPEND selection ${fields})
  endif()
  set(header "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}/include/${arg_HEADER}")
  _ebpf_types_file("${header}" bindings)
  _ebpf_types_library(BINDINGS "${header}")
endfunction()

# _ebpf_check_bindings_request(): fatal unless TYPES, FIELDS and WHOLE of ebpf_generate_bindings, its caller,
# fit together.
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
  if(arg_WHOLE AND (DEFINED arg_BTFS OR DEFINED arg_HEADERS))
    message(FATAL_ERROR "ebpf_generate_bindings: WHOLE is for one BTF.\n"
                        "  Name the types: TYPES <type>...")
  endif()
  if(DEFINED arg_FIELDS AND DEFINED arg_HEADERS)
    message(
      FATAL_ERROR "ebpf_generate_bindings: FIELDS and HEADERS exclude each other: FIELDS needs "
                  "CO-RE, which types from C headers do not have.\n  Write: TYPES <type>...")
  endif()
endfunction()
