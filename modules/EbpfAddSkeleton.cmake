#[=[.rst:
ebpf_add_skeleton
-----------------

Puts the object of a program into applications, with a C and a C++ interface to it::

  ebpf_add_skeleton(<name> PROGRAM <program> [NAMESPACE <namespace>] [C_NAME <identifier>]
                    [TYPES <type>...] [SHARED_HEADERS <file>...])

``<name>``
  A static library to link. It brings ``<program>.skel.h`` (C skeleton as ``bpftool gen skeleton``
  makes it, for C and C++), ``<program>.skel.hpp`` (C++17 owner, see below; where CXX is enabled), the
  object's bytes, libbpf, and for C++ ``EbpfKit::runtime``. ``<program>`` in file and type names is the
  program's OUTPUT_NAME. The headers are the library's file set ``HEADERS``.
``PROGRAM``
  A target of ``ebpf_add_program``.
``NAMESPACE``
  C++ namespace of the owner, ``a`` or ``a::b``. Default ``ebpf``: the owner is ``ebpf::<program>``.
  Programs with the same OUTPUT_NAME need different namespaces when one application links them.
``C_NAME``
  Names the C skeleton: the header is ``<identifier>.skel.h``, and the struct is ``struct <identifier>``.
  Without C_NAME both have the names that ``bpftool gen skeleton <program>.bpf.o`` gives them: the header is
  ``<program>.skel.h``, with ``struct <program>_bpf`` and ``<program>_bpf__open()``. The name of the struct is
  also the name of the object. libbpf puts the beginning of that name into the names of the maps of globals.
``TYPES``
  More types out of the object's BTF, such as the record that a ring buffer carries. The types of globals,
  map keys and map values are always there. clang puts a type in BTF only when a global, a map or a function
  that is not inlined names it. This line does: ``struct event *unused_event __attribute__((unused));``.
``SHARED_HEADERS``
  Headers of the application with types that the BPF sources declare too. The skeleton includes these headers
  and uses their types instead of its own. The compiler checks their size and offsets. Without SHARED_HEADERS
  the skeleton has its own types (``<program>_bpf__event`` in C, ``ebpf::<program>::event`` in C++), which
  never collide with the application's. A project that installs the skeleton installs these headers itself,
  beside the skeleton's.

The assembler puts the bytes of the object into the library, once. The headers only declare them. Either header
can be the first one in a file, or come behind any other one: macros such as ``st_atime`` of <sys/stat.h> do not
change them. To use a member of that name, the application undefines the macro. The types have the layout of
BPF on every CPU.

A name that C, C++, libc's own macros (``errno``, ``stdin``) or the headers use for something else gets ``_``
behind it, in both headers: a map ``class`` is ``maps.class_``, the owner of a program ``load`` is
``ebpf::load_``. The names of sections of variables have letters, digits and ``. _ $ + - @`` only.

A library that links the skeleton is installed and exported with CMake's own commands. The skeleton and,
with CXX, the runtime (target ``ebpfkit_runtime``) are libraries of the package like any other::

  install(TARGETS mylib packets_skeleton ebpfkit_runtime EXPORT mylib
          ARCHIVE DESTINATION lib/mylib FILE_SET HEADERS DESTINATION include/mylib)
  install(EXPORT mylib NAMESPACE mylib:: FILE mylib-config.cmake DESTINATION lib/cmake/mylib)

The package then does not need EbpfKit. A project that links the package gets libbpf from its own target
``Libbpf::libbpf`` if it has one, and by ``-lbpf`` otherwise (with ``-lelf -lz`` if the package was built with
a static libbpf). Give each package directories of its own, as above: packages in one prefix may bring
different versions of the runtime. All static packages that one application links must come from the same
version of EbpfKit. Their runtimes have the same symbols, and the linker takes one of them.

A shared library that links the skeleton PRIVATE has everything inside: install it alone. The runtime is
compiled with hidden visibility, so every shared library of a process uses its own copy. Give the library
the property ``VISIBILITY_INLINES_HIDDEN``, so that it keeps the inline functions of headers for itself too.

Errors when configuring: an unknown or missing argument, a PROGRAM that ``ebpf_add_program`` did not make, a
C_NAME that is not a C identifier, no libbpf for the target system, neither C nor CXX enabled, a C++ compiler
older than C++17, a static link (``-static``) with a shared libbpf, an executable or library that links the
program instead of its skeleton. Errors when building: bpftool fails, the object does not have one of the
TYPES, or a file includes the C++ skeleton although CXX was not enabled before ``ebpf_add_skeleton``.

Example::

  ebpf_add_skeleton(packets_skeleton PROGRAM packets)
  target_link_libraries(application PRIVATE packets_skeleton)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_add_skeleton name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_add_skeleton)
  set(arguments "${ARGN}")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROGRAM;NAMESPACE;C_NAME" "TYPES;SHARED_HEADERS")
  _ebpf_check_arguments(ebpf_add_skeleton REQUIRED PROGRAM SINGLE PROGRAM NAMESPACE C_NAME)
  _ebpf_check_new_target(ebpf_add_skeleton "${name}")
  _ebpf_check_kind(ebpf_add_skeleton PROGRAM "${arg_PROGRAM}" PROGRAM ebpf_add_program)
  if(NOT DEFINED arg_NAMESPACE)
    set(arg_NAMESPACE ebpf)
  elseif(NOT arg_NAMESPACE MATCHES "^[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_][A-Za-z0-9_]*)*$")
    message(FATAL_ERROR "ebpf_add_skeleton: NAMESPACE '${arg_NAMESPACE}' is not a C++ namespace.\n"
                        "  Write a or a::b.")
  endif()
  if(DEFINED arg_C_NAME AND NOT arg_C_NAME MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "ebpf_add_skeleton: C_NAME '${arg_C_NAME}' is not a C identifier.\n"
                        "  Use letters, digits and _.")
  endif()
  _ebpf_enabled_languages(languages)
  if("C" IN_LIST languages)
    set(extension c)
  elseif("CXX" IN_LIST languages)
    set(extension cpp)
  else()
    message(FATAL_ERROR "ebpf_add_skeleton: neither C nor CXX is enabled.\n"
                        "  Write project(${PROJECT_NAME} LANGUAGES CXX).")
  endif()
  _ebpf_require_bpftool(ebpf_add_skeleton)
  _ebpf_require_libbpf(ebpf_add_skeleton LIBRARY)
  if("CXX" IN_LIST languages)
    _ebpf_check_cxx_standard(ebpf_add_skeleton)
  endif()

  get_target_property(program ${arg_PROGRAM} EBPF_OUTPUT_NAME)
  get_target_property(object ${arg_PROGRAM} EBPF_OBJECT)
  _ebpf_output_directory(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")
  list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE types)
  set(shared_headers "")
  if(DEFINED arg_SHARED_HEADERS)
    _ebpf_absolute_files(ebpf_add_skeleton SHARED_HEADERS shared_headers ${arg_SHARED_HEADERS})
  endif()
  # The target's name makes the symbol: one application may hold two programs of the same name.
  _ebpf_bytes_symbol(symbol "${name}")
  set(c_header "${program}.skel.h")
  set(c_name "")
  if(DEFINED arg_C_NAME)
    set(c_header "${arg_C_NAME}.skel.h")
    set(c_name --c-name ${arg_C_NAME})
  endif()
  set(shared "")
  foreach(header IN LISTS shared_headers)
    cmake_path(GET header FILENAME header_name)
    list(APPEND shared "--shared-header=${header_name}=${header}")
  endforeach()

  _ebpf_skeleton_file(c "${directory}/include/${c_header}" --bpftool "${EBPFKIT_BPFTOOL}" ${types}
                      ${shared})
  set(headers "${directory}/include/${c_header}")
  if("CXX" IN_LIST languages)
    _ebpf_skeleton_file(cxx "${directory}/include/${program}.skel.hpp" --namespace
                        "${arg_NAMESPACE}" ${types} ${shared})
    list(APPEND headers "${directory}/include/${program}.skel.hpp")
  endif()
  set(bytes "${directory}/${program}.object.${extension}")
  _ebpf_skeleton_file(source "${bytes}")

  _ebpf_add_bytes_library(${name} "${bytes}" "${directory}/include" ${headers})
  set_target_properties(${name} PROPERTIES EBPF_KIND SKELETON EBPF_OUTPUT_NAME "${program}"
                                           EBPF_PROGRAM "${arg_PROGRAM}")
  foreach(header IN LISTS shared_headers)
    cmake_path(GET header PARENT_PATH header_directory)
    target_include_directories(${name} PUBLIC "$<BUILD_INTERFACE:${header_directory}>")
  endforeach()
  _ebpf_libbpf_to_link(libbpf)
  target_link_libraries(${name} PUBLIC ${libbpf})
  _ebpf_optimize_size(${name})
  if("CXX" IN_LIST languages)
    _ebpf_require_runtime(ebpf_add_skeleton)
    target_link_libraries(${name} PUBLIC EbpfKit::runtime)
  else()
    # The directory of the other files may depend on the configuration.
    set(explanation "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}/without-cxx")
    _ebpf_explain_missing_owner("${explanation}/${program}.skel.hpp")
    target_include_directories(${name} INTERFACE "$<BUILD_INTERFACE:${explanation}>")
  endif()
endfunction()

# _ebpf_explain_missing_owner(<file>)
#
# Writes a C++ skeleton that is an error. A file that includes the C++ skeleton would otherwise only learn that
# there is none. Reads name, the skeleton's target.
function(_ebpf_explain_missing_owner file)
  string(
    CONCAT
      text
      "#error \"ebpf_add_skeleton(${name}) made only the C skeleton, because C++ was not enabled when CMake came to it. "
      "Write project(... LANGUAGES C CXX), or enable_language(CXX) before ebpf_add_skeleton.\"\n")
  file(CONFIGURE OUTPUT "${file}" CONTENT "${text}" @ONLY)
endfunction()

# _ebpf_skeleton_file(<kind> <file> <argument>...)
#
# Adds one rule for one file. When a rule has several outputs, make cannot restore a single missing one.
# Reads program, object, symbol, c_name, shared_headers and arg_PROGRAM of ebpf_add_skeleton.
function(_ebpf_skeleton_file kind file)
  _ebpf_tool_output(output "${file}")
  cmake_path(GET file FILENAME file_name)
  _ebpf_watch_inputs(watched OUTPUT "${file}" INPUTS "${EBPFKIT_BPFTOOL}" ${shared_headers})
  add_custom_command(
    OUTPUT "${file}"
    COMMAND EbpfKit::ebpfkit skeleton ${kind} --object "${object}" --name ${program} ${c_name}
            --symbol ${symbol} ${ARGN} ${output}
    DEPENDS "${object}" ${arg_PROGRAM} "${EBPFKIT_BPFTOOL}" EbpfKit::ebpfkit ${shared_headers}
            ${watched}
    COMMENT "Generating ${file_name}"
    VERBATIM)
endfunction()
