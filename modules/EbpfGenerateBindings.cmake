#[=[.rst:
ebpf_generate_bindings
----------------------

Makes a C header of kernel types for BPF programs::

  ebpf_generate_bindings(<name> [TYPES <type>...] [FIELDS <type.member>...] | WHOLE
                         [BTF <btf> [BTF_BASE <btf>] | BTFS <btf>...] [HEADER <file-name>])

  ebpf_generate_bindings(<name> HEADERS <header>... TYPES <type>...
                         [INCLUDE_DIRECTORIES <dir>...] [OPTIONS <option>...] [HEADER <file-name>])

``ebpf_export_types`` makes types for programs of the host.

``<name>``
  An INTERFACE library. A program takes the header by ``BINDINGS <name>``, or by linking the library.
``TYPES``
  Names of structs, unions, enums or typedefs (``task_struct`` or ``"struct task_struct"``). The
  header defines them with all types that they contain by value. It only declares a record that stands
  behind a pointer. Name that record too when a program reads its members. The name of a kernel function
  (kfunc) requests its prototype, as in ``ebpf_add_program``.
``FIELDS``
  Paths of members, as in ``FIELDS task_struct.tgid task_struct.real_parent.tgid``. The header defines the
  records along these paths with these members only. Accesses are CO-RE relocations, so the program is the
  same as with whole records. Only the size of such a record differs from the kernel's: use it behind
  pointers. Where the layout matters, there is an error that says why:

  - this command refuses contexts (``xdp_md``) and headers of packets (``iphdr``);
  - the compiler refuses variables and copies, because EbpfKit makes the records larger than the BPF stack;
  - the link refuses globals, map keys and map values. It knows the records by their decl tag
    ``ebpfkit:fields`` (clang 14).

  ``sizeof`` and ``pointer + 1`` compile. They give the size of the enlarged record, which no relocation
  corrects.
``WHOLE``
  Everything in the BTF, as ``bpftool btf dump file <file> format c`` gives it. That includes the prototypes
  of kernel functions (kfuncs), but for those of arenas. A source whose own prototype of one differs defines
  ``BPF_NO_KFUNC_PROTOTYPES`` before it includes the header.
``BTF``
  Where the types come from, one of:

  - a file: raw BTF, an ELF file with a ``.BTF`` section (vmlinux, BPF object), or either compressed
    (``.xz``, ``.zst``, ``.gz``, BTFHub's ``.tar.xz``);
  - where there is no such file, a name in the BTF cache, such as ``ubuntu/22.04/arm64/5.15.0-25``
    (``ebpfkit btf fetch`` fills the cache). The host tool looks the name up when the build runs, with or
    without ``.btf`` and the like, by any name of the architecture. The name may leave out the end of the
    release when that means one file. The build runs again when the file changes.

  Default: the cache variable ``EBPFKIT_BTF``, also a file or a name. In a native build its default is the
  running kernel's BTF. CMake copies that file when it configures, so that a reboot or a new mount does not
  change the build. A cross build has no default, and refuses ``/sys/kernel/btf``: another kernel runs there.
``BTF_BASE``
  The kernel's BTF, where BTF is the split BTF of a module (``make modules``, ``pahole --btf_base``). It is a
  file or a name, as BTF is. Default for ``/sys/kernel/btf/<module>`` in a native build: the running
  kernel's BTF. A module with a section ``.BTF.base`` (Linux 6.11) needs no BTF_BASE.
``BTFS``
  Several BTFs, for a program that runs on all these kernels. The header has the union of the types. All
  types come from the first BTF that has all of them. If no BTF has all, each type comes from the first BTF
  that has it. A type that differs between two BTFs is an error that tells what differs. For ``FIELDS`` only
  existence and type of the members must agree, because libbpf relocates the offsets.
``HEADERS``, ``INCLUDE_DIRECTORIES``, ``OPTIONS``
  For kernels without BTF. The types come from C headers (``linux/sched.h``). EbpfKit compiles them for the
  target system with these include directories and options, which must be those of the kernel. The offsets
  are FIXED then: there is no CO-RE, and the program is right only on kernels that were built from these
  headers with the same configuration. Such a program does not include ``linux/bpf.h``; take constants of
  BPF itself from it by their types (``TYPES bpf_map_type``).

  The build and the header warn that the offsets are fixed. Each record has the decl tag
  ``ebpfkit:fixed-layout:<headers>`` in the object's BTF (clang 14). ``load()`` of the C++ skeleton compares
  these records with the running kernel's BTF. Without such BTF it compares the release of the headers with
  the kernel's. It refuses to load when they differ (``ebpfkit::load_options``).
``HEADER``
  Name of the file. Default ``vmlinux.h``.

A header from BTF carries ``preserve_access_index``, so that field accesses are CO-RE relocations. It also has
the integer typedefs that the helper declarations of libbpf need. Its first lines record the SHA-256 of the
BTF, the kernel release where it is known, and the request. The build warns when the BTF is of another
architecture than the target's.

The cache variable ``EBPFKIT_BTF_DIR`` is the BTF cache, where the tool looks names up. Default:
``~/.cache/ebpfkit/btf``.

Target properties that the command sets:

- ``EBPF_HEADER``: path of the file;
- ``EBPF_BTF``: the one BTF that the types come from, a file or a name in the cache, or empty;
- ``EBPF_BTF_BASE``: the BTF that ``EBPF_BTF`` continues, or empty.

Errors when configuring: an unknown or missing argument, a file that does not exist, no BTF in a cross build.
Errors when building: a name that the cache does not have (the message has the nearest names), a file that is
damaged or is not BTF, a type that the BTF does not have (with the nearest names), types that differ, headers
that clang does not compile.

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
