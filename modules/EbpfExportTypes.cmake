#[=[.rst:
ebpf_export_types
-----------------

Makes types of a kernel or of a BPF object for programs of the host, in C++ or Rust::

  ebpf_export_types(<name> TYPES <type>... LANGUAGE CXX|RUST
                    [PROGRAM <program> | BTF <btf> [BTF_BASE <btf>] | BTFS <btf>...
                     | HEADERS <header>... [INCLUDE_DIRECTORIES <dir>...] [OPTIONS <option>...]]
                    [NAMESPACE <namespace>] [HEADER <file-name>])

``<name>``
  An INTERFACE library. An application links it to include the C++ header.
``TYPES``
  Names of structs, unions, enums or typedefs. They come with all types that they contain by value.
``LANGUAGE``
  ``CXX``: a C++17 header. On every host the types have the layout that they have in the kernel or the
  object: integers of fixed width, pointers as integers, explicit padding, enums with their underlying type,
  and a ``static_assert`` for each size and offset. The header works beside every system header, whatever
  macros that header defines.

  ``RUST``: the same types for Rust, ``repr(C)``, with layout tests. ``bindgen`` 0.60 or newer makes them
  (cache variable ``EBPFKIT_BINDGEN``).
``PROGRAM``
  A target of ``ebpf_add_program``. The types come from the BTF of its object, so that the program and the
  application always agree.
``BTF``, ``BTF_BASE``, ``BTFS``, ``HEADERS``, ``INCLUDE_DIRECTORIES``, ``OPTIONS``
  Where the types come from without PROGRAM. Meaning and defaults are those of ``ebpf_generate_bindings``.
``NAMESPACE``
  C++ namespace of the types, ``a`` or ``a::b``. Default ``kernel``; with PROGRAM, the OUTPUT_NAME of the
  program.
``HEADER``
  Name of the file. Default ``<name>.hpp`` for C++ and ``<name>.rs`` for Rust.

The command sets the target properties ``EBPF_HEADER`` (path of the file), ``EBPF_BTF`` and
``EBPF_BTF_BASE``, as ``ebpf_generate_bindings`` does.

Errors: those of ``ebpf_generate_bindings``, and a missing bindgen.

Example::

  ebpf_export_types(shared_types PROGRAM packets TYPES event LANGUAGE CXX)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_export_types name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_export_types)
  set(arguments "${ARGN}")
  set(single BTF BTF_BASE HEADER LANGUAGE NAMESPACE PROGRAM)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "${single}"
                        "TYPES;BTFS;HEADERS;INCLUDE_DIRECTORIES;OPTIONS")
  _ebpf_check_arguments(ebpf_export_types REQUIRED TYPES LANGUAGE SINGLE ${single})
  _ebpf_check_new_target(ebpf_export_types "${name}")
  _ebpf_check_choice(ebpf_export_types LANGUAGE "${arg_LANGUAGE}" CXX RUST)
  _ebpf_check_type_source(ebpf_export_types)
  _ebpf_export_defaults()
  _ebpf_check_header_name(ebpf_export_types)

  _ebpf_type_source(ebpf_export_types)
  list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE selection)
  set(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")
  set(file "${directory}/include/${arg_HEADER}")
  if(arg_LANGUAGE STREQUAL "RUST")
    _ebpf_rust_types("${file}")
  else()
    _ebpf_types_file("${file}" export cxx --namespace "${arg_NAMESPACE}")
  endif()
  _ebpf_types_library(HOST_TYPES "${file}")
endfunction()

# _ebpf_export_defaults(): checks PROGRAM and NAMESPACE of ebpf_export_types, its caller, and sets the defaults
# of NAMESPACE and HEADER there.
function(_ebpf_export_defaults)
  set(namespace kernel)
  if(DEFINED arg_PROGRAM)
    _ebpf_check_kind(ebpf_export_types PROGRAM "${arg_PROGRAM}" PROGRAM ebpf_add_program)
    get_target_property(namespace ${arg_PROGRAM} EBPF_OUTPUT_NAME)
  endif()
  if(DEFINED arg_NAMESPACE)
    if(NOT arg_LANGUAGE STREQUAL "CXX")
      message(FATAL_ERROR "ebpf_export_types: NAMESPACE is for LANGUAGE CXX.\n"
                          "  Leave NAMESPACE out, or write LANGUAGE CXX.")
    elseif(NOT arg_NAMESPACE MATCHES "^[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_][A-Za-z0-9_]*)*$")
      message(
        FATAL_ERROR "ebpf_export_types: NAMESPACE '${arg_NAMESPACE}' is not a C++ namespace.\n"
                    "  Write a or a::b.")
    endif()
    set(namespace "${arg_NAMESPACE}")
  endif()
  set(extension_CXX hpp)
  set(extension_RUST rs)
  if(NOT DEFINED arg_HEADER)
    set(arg_HEADER "${name}.${extension_${arg_LANGUAGE}}")
  endif()
  set(arg_NAMESPACE "${namespace}" PARENT_SCOPE)
  set(arg_HEADER "${arg_HEADER}" PARENT_SCOPE)
endfunction()

# _ebpf_rust_types(<file>)
#
# Adds two rules: the first makes a C header with fixed layout, the second makes Rust from that header. Reads
# directory, and what _ebpf_types_file reads.
function(_ebpf_rust_types file)
  _ebpf_require_bindgen(ebpf_export_types)
  get_property(formatter GLOBAL PROPERTY _EBPF_BINDGEN_FORMATTER)
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  set(c_header "${directory}/rust/${identifier}.h")
  _ebpf_types_file("${c_header}" export c)
  cmake_path(GET file FILENAME file_name)
  _ebpf_tool_output(output "${file}")
  _ebpf_watch_inputs(watched OUTPUT "${file}" INPUTS "${EBPFKIT_BINDGEN}")
  add_custom_command(
    OUTPUT "${file}"
    COMMAND EbpfKit::ebpfkit export rust --header "${c_header}" ${output} -- "${EBPFKIT_BINDGEN}"
            ${formatter}
    DEPENDS "${c_header}" "${EBPFKIT_BINDGEN}" EbpfKit::ebpfkit ${watched}
    COMMENT "Generating Rust types ${name}/${file_name}"
    VERBATIM)
endfunction()

# _ebpf_require_bindgen(<command>)
#
# Sets EBPFKIT_BINDGEN (cache), and the global property _EBPF_BINDGEN_FORMATTER to the options that format its
# output. One configure run checks a bindgen once.
function(_ebpf_require_bindgen command)
  get_property(checked GLOBAL PROPERTY _EBPF_CHECKED_BINDGEN)
  if(checked AND checked STREQUAL EBPFKIT_BINDGEN)
    return()
  endif()
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
      # Without this option bindgen runs rustfmt. Where there is no rustfmt, bindgen writes everything on one line.
      # Old releases do not have the option. bindgen looks at its arguments before it prints its version.
      execute_process(
        COMMAND "${EBPFKIT_BINDGEN}" --formatter=prettyplease --version OUTPUT_QUIET ERROR_QUIET
        RESULT_VARIABLE result)
      if(result EQUAL 0)
        set_property(GLOBAL PROPERTY _EBPF_BINDGEN_FORMATTER --formatter=prettyplease)
      endif()
      set_property(GLOBAL PROPERTY _EBPF_CHECKED_BINDGEN "${EBPFKIT_BINDGEN}")
      return()
    endif()
    set(reason "'${EBPFKIT_BINDGEN}' does not run or is older than 0.60")
  endif()
  _ebpf_install_hint(install_hint bindgen)
  message(
    FATAL_ERROR
      "${command}: LANGUAGE RUST needs bindgen, which ${reason}.\n"
      "${install_hint}\n  Any: cargo install bindgen-cli\n"
      "  Or name one: -DEBPFKIT_BINDGEN=<path>")
endfunction()
