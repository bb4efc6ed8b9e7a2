#[=[.rst:
ebpf_add_program
----------------

Compiles each BPF C source by itself and links the results to one BPF object::

  ebpf_add_program(<name> SOURCES <file>...
                   [BINDINGS <target> | [TYPES <type>...] [BTF <btf> [BTF_BASE <btf>]]]
                   [ARCH <arch>] [ENDIAN little|big] [MCPU v1|v2|v3|v4]
                   [COMPILE_OPTIONS <option>...] [COMPILE_DEFINITIONS <definition>...]
                   [INCLUDE_DIRECTORIES <dir>...] [OUTPUT_NAME <identifier>]
                   [NO_KERNEL_BTF] [NO_UAPI_MACROS])

``<name>``
  The target. Building it builds the object. ``target_include_directories``,
  ``target_compile_definitions``, ``target_compile_options`` and ``target_link_libraries`` work on it
  with any keyword. They change the BPF compile only. Applications link the skeleton, never this target.
``SOURCES``
  BPF C files, usually ``*.bpf.c``. Relative paths start at the current source directory.
  ``target_sources`` does not add to them.
``BINDINGS``
  A target of ``ebpf_generate_bindings``. The sources can include its header. Without BINDINGS, EbpfKit
  makes a ``vmlinux.h`` for each source that includes one. It holds the kernel types that the source uses.
  EbpfKit finds them from the identifiers of the source. It makes the header again only when the
  identifiers or the BTF change. An include that names a directory (``#include <bpf/vmlinux.h>``) and finds
  no file gets the same header, with and without BINDINGS.
  A struct, union, enum or typedef that the source defines itself is left out, unless another type of the
  header needs it by value. Accesses to such a record are not relocated.
  The header declares the functions of the kernel (kfuncs) that the source names, as
  ``extern ... __weak __ksym``. It leaves out those that the source or a header that it includes declares.
  ``bpf_ksym_exists()`` tells a program whether the running kernel has a function. The prototypes come from
  the declaration tags ``bpf_kfunc`` of the BTF, which pahole writes since version 1.27. With other BTF,
  and for functions of arenas, the source declares the function itself.
``TYPES``
  More types that the sources need, besides those that EbpfKit finds. As in ``ebpf_generate_bindings``.
``BTF``, ``BTF_BASE``
  Where those types come from, as in ``ebpf_generate_bindings``.
``ARCH``
  The CPU that the program runs on, by the kernel's name: x86, arm64, arm, riscv, mips, powerpc, s390 or
  loongarch. The command defines ``__TARGET_ARCH_<arch>`` for ``bpf_tracing.h``. Default: the CPU of the
  target system. The build refuses kernel types out of a BTF of another architecture or byte order, because
  their registers and some layouts are not those of the target. BTF names such a BTF when it is meant: then
  the build warns.
  With BINDINGS it warns too.
``ENDIAN``
  Byte order of the object. Default: that of the target system. Every bpftool does for both byte orders, also one
  that reads objects of its own order only: EbpfKit converts the compiled sources for bpftool, and converts the
  linked object back. The skeletons and the BTF of ``ebpf_embed_btf`` have the object's byte order.
``MCPU``
  BPF instruction set. The command always passes it to clang, because clang's own default changes between
  versions. Default v3 (Linux 5.1), or v2 for ARCH mips and 32-bit CPUs. The kernels of many routers have a JIT that
  refuses v4.
``COMPILE_OPTIONS``, ``COMPILE_DEFINITIONS``, ``INCLUDE_DIRECTORIES``
  More options, definitions and directories, as the ``target_*`` commands take them. Options that belong
  together are one argument (``"SHELL:-include a.h"``).
``OUTPUT_NAME``
  Names the object, ``<identifier>.bpf.o``, and the types of the skeleton. Default: ``<name>``, where ``_``
  replaces every character that C does not allow in names.
``NO_KERNEL_BTF``
  The program must load on kernels without BTF (see ``ebpf_embed_btf``). The link fails when something in
  the program needs the kernel's own BTF: fentry, fexit, fmod_ret, tp_btf, LSM, iterators, struct_ops,
  kernel functions, typed ``__ksym`` variables. Embedded BTF cannot replace the kernel's own for these.
  Programs that the application turns on itself (``SEC("?fentry/...")``) are allowed. The link warns when the
  program has CO-RE relocations and no ``ebpf_embed_btf`` names it: libbpf needs BTF for them.
  The variable ``EBPFKIT_NO_KERNEL_BTF`` gives NO_KERNEL_BTF to all programs. The presets for OpenWrt set it.
``NO_UAPI_MACROS``
  BTF has no macros. So the header that EbpfKit makes for a source without BINDINGS also defines the macros of
  the installed kernel headers that the source uses and that neither it nor its headers define: ``ETH_P_IP``,
  ``TC_ACT_SHOT``, ``AF_INET``, ``IPPROTO_TCP`` and all others whose value is a constant. They stand at the
  end of the header, each inside ``#ifndef``, with the kernel header that it was taken from. A macro whose
  value differs between kernel headers, or depends on a condition there, is left out. So are names to which
  the source gives a meaning itself, or for which it asks with ``#ifdef``. So are names that the source's macros
  only make text of (``#x``): they stay names, except in inline assembly. This option leaves out all of them.

clang always gets ``-O2 -g``. So the object has BTF. The link removes its DWARF. ``CMAKE_C_FLAGS``,
``add_compile_options`` and similar settings of the host do not reach the BPF compile. The bytes of the object
do not depend on the paths of the source and build directories. Compiles go through
``EBPFKIT_COMPILER_LAUNCHER`` (default: ``CMAKE_C_COMPILER_LAUNCHER``). With
``CMAKE_EXPORT_COMPILE_COMMANDS`` the file ``compile_commands.json`` lists the sources.

Macros of newer libbpf headers come with ``#include <ebpfkit/bpf_compat.h>``, for systems whose libbpf does
not have them. Include it after libbpf's own headers. It defines what these leave undefined of
``BPF_UPROBE``, ``BPF_URETPROBE``, ``bpf_core_cast``, ``bpf_ksym_exists``, ``bpf_for``, ``bpf_for_each``,
``bpf_repeat``, ``__arg_ctx``, ``__arg_nonnull``, ``__arg_nullable``, ``__arg_trusted``, ``__arg_arena``,
``__kptr_untrusted``, ``__percpu_kptr`` and ``__uptr``. The running kernel still has to know what they ask
for.

Target properties set:

``EBPF_OBJECT``
  Path of the object. ``$<TARGET_PROPERTY:<name>,EBPF_OBJECT>`` works in rules, ``install(FILES)`` and
  ``file(GENERATE)``, in every directory. A rule that reads the object also names the target:
  ``DEPENDS <name> $<TARGET_PROPERTY:<name>,EBPF_OBJECT>``. Multi-config generators have one object for all
  configurations, because none of EbpfKit's own options depends on them. When your options depend on the
  configuration (``$<CONFIG:Debug>``), building another configuration makes the object again. With
  CMAKE_CROSS_CONFIGS, which builds several configurations at once, such options are an error.
``EBPF_SOURCES``, ``EBPF_OUTPUT_NAME``, ``EBPF_ARCH``, ``EBPF_ENDIAN``, ``EBPF_MCPU``
  What the command was given, or the default.
``EBPF_BTF``, ``EBPF_BTF_BASE``
  The one BTF that the kernel types come from, and the BTF that it continues. Each is a file, a name in the
  BTF cache, or empty. For a module, ``EBPF_BTF`` is the module's BTF.

Errors when configuring: an unknown or missing argument, a source that does not exist, a target of the same
name, an executable or library that links the program, no usable clang, bpftool or libbpf headers. Errors when
building: kernel types of another architecture, a link result that is not a BPF object with BTF in the byte
order that was asked for.

Warnings when building: a section that libbpf does not know, with the nearest that it knows. A function,
tracepoint, system call, LSM hook or iterator that the BTF of the kernel types lacks, when it has one of a
similar name: ``SEC("kprobe/do_unlinkta")``. These are never errors. An application can give a program its
type, and another kernel or a module can have the hook. ``SEC("?kprobe/...")`` gives no warning of this
kind: such a program is for some kernels only. BTF does not list the categories of tracepoints, and not every
function that takes a kprobe. With NO_KERNEL_BTF: CO-RE relocations, when no ``ebpf_embed_btf`` names the program.

What clang prints is shown unchanged. Up to three notes of EbpfKit follow it where the
cause is known: headers in the wrong order, a UAPI header beside ``vmlinux.h``, a name that the BTF lacks, a
macro.

Example::

  ebpf_add_program(packets SOURCES packets.bpf.c BINDINGS kernel_types)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_add_program name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_add_program)
  set(arguments "${ARGN}")
  set(single BINDINGS BTF BTF_BASE ARCH ENDIAN MCPU OUTPUT_NAME)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_KERNEL_BTF;NO_UAPI_MACROS" "${single}"
                        "SOURCES;TYPES;COMPILE_OPTIONS;COMPILE_DEFINITIONS;INCLUDE_DIRECTORIES")
  _ebpf_check_arguments(ebpf_add_program REQUIRED SOURCES SINGLE ${single})
  _ebpf_check_new_target(ebpf_add_program "${name}")
  _ebpf_absolute_files(ebpf_add_program SOURCES arg_SOURCES ${arg_SOURCES})
  set(with_bindings FALSE)
  if(DEFINED arg_BINDINGS)
    set(with_bindings TRUE)
    _ebpf_check_kind(ebpf_add_program BINDINGS "${arg_BINDINGS}" BINDINGS ebpf_generate_bindings)
    foreach(keyword TYPES BTF BTF_BASE)
      if(DEFINED arg_${keyword})
        message(FATAL_ERROR "ebpf_add_program: BINDINGS and ${keyword} exclude each other.\n"
                            "  Give ${keyword} to ebpf_generate_bindings(${arg_BINDINGS} ...).")
      endif()
    endforeach()
  endif()
  _ebpf_program_output_name()

  # Work out once what programs have in common. The key holds everything that the result depends on.
  string(
    CONCAT
      key
      "${with_bindings}|${arg_ARCH}|${arg_ENDIAN}|${arg_MCPU}|${arg_BTF}|${arg_BTF_BASE}|${CMAKE_CURRENT_SOURCE_DIR}|"
      "${PROJECT_SOURCE_DIR}|${EBPFKIT_CLANG}|${EBPFKIT_BPFTOOL}|${EBPFKIT_LIBBPF_INCLUDE_DIR}|"
      "${EBPFKIT_LIBBPF_LIBRARY}|${EBPFKIT_BTF}|${EBPFKIT_BTF_DIR}|"
      "${EBPFKIT_COMPILER_LAUNCHER}|${CMAKE_C_COMPILER_LAUNCHER}|${CMAKE_CXX_COMPILER_LAUNCHER}|"
      "${CMAKE_C_COMPILER}|${CMAKE_CXX_COMPILER}|${CMAKE_SYSTEM_PROCESSOR}")
  get_property(known_key GLOBAL PROPERTY _EBPF_PROGRAM_KEY)
  if(NOT known_key STREQUAL key)
    _ebpf_program_facts("${key}")
  endif()
  get_property(facts GLOBAL PROPERTY _EBPF_PROGRAM_FACTS)
  foreach(fact IN LISTS facts)
    get_property(${fact} GLOBAL PROPERTY _EBPF_PROGRAM_${fact})
  endforeach()

  # INCLUDE_DIRECTORIES is relative to the caller, as target_include_directories is.
  set(include_directories "")
  foreach(directory IN LISTS arg_INCLUDE_DIRECTORIES)
    if(NOT directory MATCHES "^\\$<")
      cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    endif()
    list(APPEND include_directories "${directory}")
  endforeach()

  if(DEFINED arg_BINDINGS)
    get_target_property(btf ${arg_BINDINGS} EBPF_BTF)
    get_target_property(btf_base ${arg_BINDINGS} EBPF_BTF_BASE)
    set(btf_files "")
  endif()

  set(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")
  set(object "${CMAKE_CURRENT_BINARY_DIR}/${arg_OUTPUT_NAME}.bpf.o")
  _ebpf_program_target()
  _ebpf_program_rules()
  _ebpf_make_generated_sources(${name})
  _ebpf_finish_later(${name})
  if(CMAKE_EXPORT_COMPILE_COMMANDS)
    add_subdirectory("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/detail/compile_commands"
                     "${directory}/compile_commands")
  endif()
endfunction()

# _ebpf_program_facts(<key>)
#
# Finds the tools and works out what many programs have in common. Keeps that in the global properties
# _EBPF_PROGRAM_<fact>, and the names of the facts in _EBPF_PROGRAM_FACTS. Reads the arguments of
# ebpf_add_program.
function(_ebpf_program_facts key)
  _ebpf_program_target_system()
  _ebpf_require_clang(ebpf_add_program)
  _ebpf_require_bpftool(ebpf_add_program)
  _ebpf_require_libbpf(ebpf_add_program)
  if(mcpu STREQUAL "v4" AND BpfClang_MAJOR LESS 17)
    message(
      FATAL_ERROR
        "ebpf_add_program: MCPU v4 needs clang 17, '${EBPFKIT_CLANG}' is ${BpfClang_MAJOR}.\n"
        "  Use MCPU v3, or name another clang: -DEBPFKIT_CLANG=<path>")
  endif()
  _ebpf_compile_flags(flags_before flags_behind)
  _ebpf_compiler_launcher(launcher)
  list(TRANSFORM launcher PREPEND "--launcher=" OUTPUT_VARIABLE launcher_words)
  # A missing BTF is an error only when a source includes vmlinux.h. The build finds that out when it
  # compiles the source. With BINDINGS, the target of the bindings knows where its types come from.
  set(btf "")
  set(btf_base "")
  set(btf_arguments "")
  set(btf_files "")
  if(NOT DEFINED arg_BINDINGS)
    _ebpf_btf_source(ebpf_add_program btf btf_base btf_arguments btf_files "${arg_BTF}"
                     "${arg_BTF_BASE}" OPTIONAL)
  endif()
  set(facts arch endian mcpu flags_before flags_behind libbpf_program_headers launcher_words btf
            btf_base btf_arguments btf_files)
  set_property(GLOBAL PROPERTY _EBPF_PROGRAM_FACTS ${facts})
  foreach(fact IN LISTS facts)
    set_property(GLOBAL PROPERTY _EBPF_PROGRAM_${fact} ${${fact}})
  endforeach()
  set_property(GLOBAL PROPERTY _EBPF_PROGRAM_KEY "${key}")
endfunction()

# _ebpf_program_target_system(): sets arch, endian and mcpu (caller's scope) from ARCH, ENDIAN and MCPU of
# ebpf_add_program, or to their defaults.
function(_ebpf_program_target_system)
  if(NOT DEFINED arg_ARCH)
    _ebpf_target_arch(arg_ARCH)
    if(arg_ARCH STREQUAL "")
      _ebpf_kernel_architectures(architectures)
      list(JOIN architectures "|" architectures)
      message(
        FATAL_ERROR
          "ebpf_add_program: EbpfKit does not know the CPU of CMAKE_SYSTEM_PROCESSOR '${CMAKE_SYSTEM_PROCESSOR}'.\n"
          "  Name the CPU: ARCH ${architectures}")
    endif()
  else()
    _ebpf_kernel_architectures(architectures)
    _ebpf_check_choice(ebpf_add_program ARCH "${arg_ARCH}" ${architectures})
  endif()
  if(NOT DEFINED arg_ENDIAN)
    _ebpf_target_endian(arg_ENDIAN ${arg_ARCH})
  else()
    _ebpf_check_choice(ebpf_add_program ENDIAN "${arg_ENDIAN}" little big)
  endif()
  if(NOT DEFINED arg_MCPU)
    _ebpf_default_mcpu(arg_MCPU ${arg_ARCH})
  else()
    _ebpf_check_choice(ebpf_add_program MCPU "${arg_MCPU}" v1 v2 v3 v4)
  endif()
  set(arch "${arg_ARCH}" PARENT_SCOPE)
  set(endian "${arg_ENDIAN}" PARENT_SCOPE)
  set(mcpu "${arg_MCPU}" PARENT_SCOPE)
endfunction()

# _ebpf_program_output_name(): checks OUTPUT_NAME of ebpf_add_program, its caller, and sets its default there.
function(_ebpf_program_output_name)
  if(NOT DEFINED arg_OUTPUT_NAME)
    string(MAKE_C_IDENTIFIER "${name}" arg_OUTPUT_NAME)
    set(arg_OUTPUT_NAME "${arg_OUTPUT_NAME}" PARENT_SCOPE)
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
endfunction()

# _ebpf_program_target()
#
# Adds the target of a program. Reads the variables of ebpf_add_program, its caller.
#
# It is an OBJECT library, so that target_include_directories() and its kin work on it with any keyword. Its
# only source is the linked BPF object, so CMake compiles nothing for the host. A new target takes over the
# options of its directory (add_compile_options(), include_directories(), link_libraries()) and the CMAKE_*
# defaults. set_target_properties() overwrites these.
function(_ebpf_program_target)
  add_library(${name} OBJECT "${object}")
  get_property(directory_includes DIRECTORY PROPERTY INCLUDE_DIRECTORIES)
  # Set LINK_LIBRARIES as a property. target_link_libraries() would not do: its first call decides whether
  # users may leave keywords out.
  set_target_properties(
    ${name}
    PROPERTIES LINKER_LANGUAGE C
               AUTOMOC OFF
               AUTOUIC OFF
               AUTORCC OFF
               UNITY_BUILD OFF
               INTERPROCEDURAL_OPTIMIZATION OFF
               LINK_OPTIONS ""
               COMPILE_OPTIONS "${arg_COMPILE_OPTIONS}"
               COMPILE_DEFINITIONS "${arg_COMPILE_DEFINITIONS}"
               INCLUDE_DIRECTORIES "${include_directories}"
               LINK_LIBRARIES "${arg_BINDINGS}"
               EBPF_KIND PROGRAM
               EBPF_SOURCES "${arg_SOURCES}"
               EBPF_OBJECT "${object}"
               EBPF_OUTPUT_NAME "${arg_OUTPUT_NAME}"
               EBPF_ARCH "${arch}"
               EBPF_ENDIAN "${endian}"
               EBPF_MCPU "${mcpu}"
               EBPF_BTF "${btf}"
               EBPF_BTF_BASE "${btf_base}"
               EBPF_DIRECTORY_INCLUDES "${directory_includes}")
endfunction()

# _ebpf_program_rules()
#
# Adds the rules that compile a program's sources and link its object. Reads the variables of
# ebpf_add_program, its caller, and sets bindings_dirs there, for the compilation database.
function(_ebpf_program_rules)
  # What users give comes before EbpfKit's include directories.
  set(usage_flags "$<TARGET_GENEX_EVAL:${name},$<TARGET_PROPERTY:${name},EBPF_USAGE_FLAGS>>")
  list(TRANSFORM arg_TYPES PREPEND "--type=" OUTPUT_VARIABLE types)
  # Each source has one rule. Only the depfile makes headers dependencies, so a header that nobody includes
  # rebuilds nothing. CMake makes generated headers first, because the program links their targets. The host
  # tool runs the compiler. Without BINDINGS it first makes a vmlinux.h for the source.
  set(object_files "")
  set(bindings_dirs "")
  _ebpf_target_arch(target_arch)
  _ebpf_target_endian(target_endian "${target_arch}")
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(GET source FILENAME file_name)
    set(object_file "${directory}/${file_name}.o")
    if(object_file IN_LIST object_files)
      # Two sources in different directories have the same file name.
      string(SHA256 digest "${source}")
      string(SUBSTRING "${digest}" 0 8 digest)
      set(object_file "${directory}/${digest}-${file_name}.o")
    endif()
    list(APPEND object_files "${object_file}")

    set(bindings --spellings-directory "${object_file}.bindings/spellings")
    if(DEFINED arg_BINDINGS)
      get_target_property(header ${arg_BINDINGS} EBPF_HEADER)
      cmake_path(GET header FILENAME header)
      list(APPEND bindings --existing-header "${header}")
      # The bindings themselves are checked for the target system.
      if(NOT "${arch} ${endian}" STREQUAL "${target_arch} ${target_endian}" AND btf MATCHES "^/"
         AND btf_base STREQUAL "")
        list(APPEND bindings --btf "${btf}" --arch ${arch} --endian ${endian})
      endif()
    else()
      list(APPEND bindings_dirs "${object_file}.bindings")
      list(APPEND bindings --header "${object_file}.bindings/vmlinux.h" ${btf_arguments}
           --marker-directory "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/detail/marker" --arch ${arch}
           --endian ${endian} ${types})
      if(DEFINED arg_BTF)
        list(APPEND bindings --allow-other-architecture)
      endif()
      if(arg_NO_UAPI_MACROS)
        list(APPEND bindings --no-uapi-macros)
      endif()
    endif()
    _ebpf_watch_inputs(watched OUTPUT "${object_file}" DEPFILE "${object_file}.d" INPUTS
                       "${source}" "${EBPFKIT_CLANG}" ${btf_files})
    add_custom_command(
      OUTPUT "${object_file}"
      COMMAND
        EbpfKit::ebpfkit compile --source "${source}" --output "${object_file}" --depfile
        "${object_file}.d" ${bindings} ${launcher_words} -- "${EBPFKIT_CLANG}" ${flags_before}
        "${usage_flags}" ${flags_behind}
      DEPENDS "${source}" "${EBPFKIT_CLANG}" EbpfKit::ebpfkit ${btf_files}
              "${libbpf_program_headers}.txt" ${watched}
      DEPFILE "${object_file}.d"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
      COMMENT "Compiling BPF ${file_name}"
      COMMAND_EXPAND_LISTS VERBATIM)
  endforeach()

  # bpftool links, removes DWARF and keeps BTF. The host tool runs bpftool, checks the result, and only then
  # gives the file its name.
  _ebpf_tool_output(output "${object}")
  set(linker --bpftool "${EBPFKIT_BPFTOOL}")
  if(arg_NO_KERNEL_BTF OR EBPFKIT_NO_KERNEL_BTF)
    list(APPEND linker --no-kernel-btf
         "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:${name},_EBPF_HAS_EMBEDDED_BTF>>>:--no-embedded-btf>")
  endif()
  if(DEFINED arg_BINDINGS)
    get_target_property(hook_words ${arg_BINDINGS} EBPF_HOOK_WORDS)
  else()
    _ebpf_kernels_of_hooks(hook_words ${btf_arguments})
  endif()
  list(APPEND linker ${hook_words})
  _ebpf_watch_inputs(watched OUTPUT "${object}" INPUTS "${EBPFKIT_BPFTOOL}")
  add_custom_command(
    OUTPUT "${object}"
    COMMAND EbpfKit::ebpfkit object link ${linker} --endian ${endian} ${output} ${object_files}
    DEPENDS ${object_files} "${EBPFKIT_BPFTOOL}" EbpfKit::ebpfkit ${watched}
    COMMENT "Linking BPF ${arg_OUTPUT_NAME}.bpf.o"
    COMMAND_EXPAND_LISTS VERBATIM)
  set(bindings_dirs "${bindings_dirs}" PARENT_SCOPE)
endfunction()

# _ebpf_make_generated_sources(<program>)
#
# Adds a target that makes the sources which are generated. Programs that share a source share this target,
# because make would run the rule of the source once for each program, at the same time. Reads arg_SOURCES.
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
