#[=[.rst:
ebpf_add_program
----------------

Compiles BPF C sources, each apart, and links them to one BPF object::

  ebpf_add_program(<name> SOURCES <file>...
                   [BINDINGS <target> | [TYPES <type>...] [BTF <file> [BTF_BASE <file>]]]
                   [ARCH <arch>] [ENDIAN little|big] [MCPU v1|v2|v3|v4]
                   [COMPILE_OPTIONS <option>...] [COMPILE_DEFINITIONS <definition>...]
                   [INCLUDE_DIRECTORIES <dir>...] [OUTPUT_NAME <identifier>]
                   [NO_KERNEL_BTF])

``<name>``
  The target; building it builds the object. ``target_include_directories``,
  ``target_compile_definitions``, ``target_compile_options`` and ``target_link_libraries`` work on it,
  with any keyword, and act on the BPF compile only. Link the skeleton into applications, never this
  target.
``SOURCES``
  BPF C files, usually ``*.bpf.c``. Relative paths start at the current source directory.
  ``target_sources`` does not add to them.
``BINDINGS``
  A target of ``ebpf_generate_bindings``: its header can be included. Without it, a source that
  includes ``vmlinux.h`` gets one made for it, with the kernel types that it uses: they are found from
  its identifiers, and made again only when these or the BTF change.
``TYPES``
  Types that the sources need besides those that are found, as in ``ebpf_generate_bindings``.
``BTF``, ``BTF_BASE``
  Where those types come from, as in ``ebpf_generate_bindings``.
``ARCH``
  The kernel's name of the CPU that the program will run on: x86, arm64, arm, riscv, mips, powerpc, s390
  or loongarch; defines ``__TARGET_ARCH_<arch>`` for ``bpf_tracing.h``. Default: the target system's.
``ENDIAN``
  Byte order of the object. Default: the target system's.
``MCPU``
  BPF instruction set, always passed, because clang's own default changes between versions. Default v3
  (Linux 5.1), or v2 on 32-bit targets. v4 is refused by the JITs of many routers' kernels.
``COMPILE_OPTIONS``, ``COMPILE_DEFINITIONS``, ``INCLUDE_DIRECTORIES``
  More of each, as with ``target_*``; so options that belong together are one argument
  (``"SHELL:-include a.h"``).
``OUTPUT_NAME``
  The object is called ``<identifier>.bpf.o`` and the skeleton's types after it. Default: ``<name>``
  with every character that C does not allow in names turned into ``_``.
``NO_KERNEL_BTF``
  The program must load on kernels without BTF (see ``ebpf_embed_btf``): the link fails when something
  in it needs the kernel's own BTF, which no embedded BTF stands in for (fentry, fexit, fmod_ret, tp_btf,
  LSM, iterators, struct_ops, kernel functions, typed ``__ksym`` variables). Programs that the
  application turns on itself (``SEC("?fentry/...")``) may stay.

Always ``-O2 -g``: the object has BTF, and its DWARF is removed by the link. ``CMAKE_C_FLAGS``,
``add_compile_options`` and the like do not reach it. The bytes do not depend on where the source and
build directories lie. Compiles go through ``EBPF_COMPILER_LAUNCHER`` (default
``CMAKE_C_COMPILER_LAUNCHER``). With ``CMAKE_EXPORT_COMPILE_COMMANDS`` the sources stand in
``compile_commands.json``.

Target properties set: ``EBPF_OBJECT`` (path; read it with
``$<TARGET_GENEX_EVAL:<name>,$<TARGET_PROPERTY:<name>,EBPF_OBJECT>>``, because it depends on the
configuration under Ninja Multi-Config),
``EBPF_OUTPUT_NAME``, ``EBPF_ARCH``, ``EBPF_ENDIAN``, ``EBPF_MCPU``, ``EBPF_BTF`` (the one file that kernel
types come from, or empty; of a module, the module's), ``EBPF_BTF_BASE`` (what that continues, or empty).

Errors: unknown or missing arguments, sources that are not there, no usable clang, bpftool or libbpf
headers; at build time a link result that is not a BPF object of the asked byte order with BTF.

Example::

  ebpf_add_program(packets SOURCES packets.bpf.c BINDINGS kernel_types)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_add_program name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_add_program)
  set(arguments "${ARGN}")
  set(single BINDINGS BTF BTF_BASE ARCH ENDIAN MCPU OUTPUT_NAME)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_KERNEL_BTF" "${single}"
                        "SOURCES;TYPES;COMPILE_OPTIONS;COMPILE_DEFINITIONS;INCLUDE_DIRECTORIES")
  _ebpf_check_arguments(
    ebpf_add_program
    "ebpf_add_program(<name> SOURCES <file>... [BINDINGS <target> | [TYPES <type>...] [BTF <file> [BTF_BASE <file>]]] [ARCH <arch>] [ENDIAN little|big] [MCPU <cpu>] [COMPILE_OPTIONS ...] [COMPILE_DEFINITIONS ...] [INCLUDE_DIRECTORIES ...] [OUTPUT_NAME <identifier>] [NO_KERNEL_BTF])"
    REQUIRED
    SOURCES
    SINGLE
    ${single})
  _ebpf_check_new_target(ebpf_add_program "${name}")
  _ebpf_absolute_files(ebpf_add_program SOURCES arg_SOURCES ${arg_SOURCES})
  if(DEFINED arg_BINDINGS)
    _ebpf_check_kind(ebpf_add_program BINDINGS "${arg_BINDINGS}" BINDINGS ebpf_generate_bindings)
    foreach(keyword TYPES BTF BTF_BASE)
      if(DEFINED arg_${keyword})
        message(FATAL_ERROR "ebpf_add_program: BINDINGS and ${keyword} exclude each other.\n"
                            "  Give ${keyword} to ebpf_generate_bindings(${arg_BINDINGS} ...).")
      endif()
    endforeach()
  endif()

  if(NOT DEFINED arg_ARCH)
    _ebpf_target_arch(arg_ARCH)
    if(arg_ARCH STREQUAL "")
      message(
        FATAL_ERROR
          "ebpf_add_program: CMAKE_SYSTEM_PROCESSOR '${CMAKE_SYSTEM_PROCESSOR}' is no CPU that EbpfKit knows.\n"
          "  Say which it is: ARCH x86|arm64|arm|riscv|mips|powerpc|s390|loongarch")
    endif()
  endif()
  _ebpf_check_choice(ebpf_add_program ARCH "${arg_ARCH}" x86 arm64 arm riscv mips powerpc s390
                     loongarch)
  if(NOT DEFINED arg_ENDIAN)
    _ebpf_target_endian(arg_ENDIAN ${arg_ARCH})
  endif()
  _ebpf_check_choice(ebpf_add_program ENDIAN "${arg_ENDIAN}" little big)
  if(NOT DEFINED arg_MCPU)
    _ebpf_default_mcpu(arg_MCPU ${arg_ARCH})
  endif()
  _ebpf_check_choice(ebpf_add_program MCPU "${arg_MCPU}" v1 v2 v3 v4)
  if(NOT DEFINED arg_OUTPUT_NAME)
    string(MAKE_C_IDENTIFIER "${name}" arg_OUTPUT_NAME)
  elseif(NOT arg_OUTPUT_NAME MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(
      FATAL_ERROR "ebpf_add_program: OUTPUT_NAME '${arg_OUTPUT_NAME}' is not a C identifier.\n"
                  "  Use letters, digits and _; it names the skeleton's types too.")
  endif()
  get_property(owner DIRECTORY PROPERTY EBPF_OWNER_OF_${arg_OUTPUT_NAME})
  if(owner)
    message(
      FATAL_ERROR
        "ebpf_add_program: '${name}' would make ${arg_OUTPUT_NAME}.bpf.o, which '${owner}' makes in this directory already.\n"
        "  Give one of them another OUTPUT_NAME.")
  endif()
  set_property(DIRECTORY PROPERTY EBPF_OWNER_OF_${arg_OUTPUT_NAME} "${name}")

  _ebpf_require_clang(ebpf_add_program)
  _ebpf_require_bpftool(ebpf_add_program)
  _ebpf_require_libbpf(ebpf_add_program)
  if(arg_MCPU STREQUAL "v4" AND BpfClang_MAJOR LESS 17)
    message(
      FATAL_ERROR
        "ebpf_add_program: MCPU v4 needs clang 17, '${EBPFKIT_CLANG}' is ${BpfClang_MAJOR}.\n"
        "  Use MCPU v3, or name another clang: -DEBPFKIT_CLANG=<path>")
  endif()
  _ebpf_check_linker(ebpf_add_program)

  # INCLUDE_DIRECTORIES is relative to the caller, as target_include_directories is.
  set(include_directories "")
  foreach(directory IN LISTS arg_INCLUDE_DIRECTORIES)
    if(NOT directory MATCHES "^\\$<")
      cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    endif()
    list(APPEND include_directories "${directory}")
  endforeach()

  set(automatic_bindings "")
  set(btf "")
  set(btf_base "")
  if(DEFINED arg_BINDINGS)
    get_target_property(program_btf ${arg_BINDINGS} EBPF_BTF)
    get_target_property(program_btf_base ${arg_BINDINGS} EBPF_BTF_BASE)
  else()
    _ebpf_automatic_bindings(ebpf_add_program)
    set(program_btf "${btf}")
    set(program_btf_base "${btf_base}")
  endif()
  _ebpf_output_directory(object_dir "${CMAKE_CURRENT_BINARY_DIR}")
  set(object "${object_dir}/${arg_OUTPUT_NAME}.bpf.o")
  # The target lives in a directory of its own; that file says why. It reads the variables above.
  add_subdirectory("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/detail/program"
                   "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")

  _ebpf_make_generated_sources(${name})
  # A deferred call expands its arguments when it runs: the name must stand in it.
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _ebpf_check_added_sources [[${name}]])")
endfunction()

# _ebpf_make_generated_sources(<program>)
#
# CMake attaches the rule of a generated file to targets of the directory of that rule only, which the
# program's is not: a target here makes them. Programs that share one share the target that makes it,
# because make would run the rule of a file once for each target, at the same time. Reads arg_SOURCES.
function(_ebpf_make_generated_sources program)
  set(own "")
  foreach(source IN LISTS arg_SOURCES)
    get_source_file_property(is_generated "${source}" GENERATED)
    get_source_file_property(maker "${source}" EBPF_MAKER)
    if(is_generated AND maker)
      add_dependencies(${program} ${maker})
    elseif(is_generated)
      set_source_files_properties("${source}" PROPERTIES EBPF_MAKER ${program}.sources)
      list(APPEND own "${source}")
    endif()
  endforeach()
  if(own)
    add_custom_target(${program}.sources DEPENDS ${own})
    add_dependencies(${program} ${program}.sources)
  endif()
endfunction()

# _ebpf_check_added_sources(<program>)
#
# Called at the end of the directory: a C source of target_sources() would go to the host's compiler and
# be missing in the object.
function(_ebpf_check_added_sources program)
  get_target_property(sources ${program} SOURCES)
  get_target_property(own ${program} EBPF_SOURCES)
  list(REMOVE_ITEM sources ${own})
  list(FILTER sources INCLUDE REGEX "\\.(c|C|cc|cpp|cxx|S|s)$")
  if(sources)
    message(
      FATAL_ERROR
        "ebpf_add_program: target_sources() gives '${sources}' to the program '${program}', which would not be compiled for BPF.\n"
        "  Name all sources in ebpf_add_program(${program} SOURCES ...).")
  endif()
endfunction()

# _ebpf_automatic_bindings(<command>)
#
# Sets btf, btf_base and automatic_bindings (caller's scope): the files that kernel types come from, empty
# where there is none, and the arguments of `ebpfkit compile` about it. That no BTF is there is an error
# only when a source includes vmlinux.h, which shows when it is compiled.
function(_ebpf_automatic_bindings command)
  _ebpf_btf_source(${command} btf btf_base arguments "${arg_BTF}" "${arg_BTF_BASE}" OPTIONAL)
  list(APPEND arguments --marker-directory "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/detail/marker")
  foreach(type IN LISTS arg_TYPES)
    list(APPEND arguments "--type=${type}")
  endforeach()
  set(automatic_bindings "${arguments}" PARENT_SCOPE)
  set(btf "${btf}" PARENT_SCOPE)
  set(btf_base "${btf_base}" PARENT_SCOPE)
endfunction()

# _ebpf_check_linker(<command>)
#
# libbpf's linker handles the other byte order from 1.5 on (bpftool prints it as "1.5"). With an
# older one a single source can still be made into an object: llvm-objcopy removes the DWARF, and
# there is nothing to link. Sets EBPFKIT_LLVM_OBJCOPY (cache) and use_objcopy (caller's scope).
function(_ebpf_check_linker command)
  set(use_objcopy FALSE)
  set(host_endian little)
  if(CMAKE_HOST_SYSTEM_PROCESSOR MATCHES "^(s390x?|ppc64|ppc|mips|mips64)$")
    set(host_endian big)
  endif()
  if(NOT arg_ENDIAN STREQUAL host_endian AND Bpftool_LIBBPF_VERSION VERSION_LESS 1.5)
    list(LENGTH arg_SOURCES source_count)
    if(source_count GREATER 1)
      message(
        FATAL_ERROR
          "${command}: ${source_count} SOURCES cannot be linked for ENDIAN ${arg_ENDIAN}: '${EBPFKIT_BPFTOOL}' has libbpf ${Bpftool_LIBBPF_VERSION}, which links objects of this machine's byte order only.\n"
          "  Name a bpftool with libbpf 1.5 or newer (-DEBPFKIT_BPFTOOL=<path>), or use one source."
      )
    endif()
    find_program(
      EBPFKIT_LLVM_OBJCOPY
      NAMES llvm-objcopy llvm-objcopy-${BpfClang_MAJOR}
      HINTS "/usr/lib/llvm-${BpfClang_MAJOR}/bin"
      NO_CMAKE_FIND_ROOT_PATH
      DOC "llvm-objcopy, for objects of another byte order")
    if(NOT EBPFKIT_LLVM_OBJCOPY)
      message(
        FATAL_ERROR
          "${command}: ENDIAN ${arg_ENDIAN} needs llvm-objcopy, or a bpftool with libbpf 1.5 or newer; '${EBPFKIT_BPFTOOL}' has ${Bpftool_LIBBPF_VERSION}.\n"
          "  Debian, Ubuntu: apt install llvm\n  Fedora: dnf install llvm\n"
          "  Or name one: -DEBPFKIT_LLVM_OBJCOPY=<path>")
    endif()
    set(use_objcopy TRUE)
  endif()
  set(use_objcopy ${use_objcopy} PARENT_SCOPE)
endfunction()
