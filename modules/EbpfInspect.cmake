#[=[.rst:
Inspection targets
------------------

Each project with a program of ``ebpf_add_program`` gets targets that show what is inside its BPF objects, and what
the running kernel has of them::

  cmake --build build --target inspect-help       # all targets, one line each
  cmake --build build --target list-progs
  MAP=counts cmake --build build --target dump-map

``ebpf``
  Builds all programs of ``ebpf_add_program``.
``codegen``
  Makes all headers of ``ebpf_generate_bindings`` and ``ebpf_export_types``.
``load``
  Runs the project's loader as root, with the arguments in the environment variable ``LOAD_ARGS``.
``inspect-help``
  Lists the targets.
``list-progs``, ``list-maps``, ...
  See `docs/inspect.md`, or ``inspect-help``. Each calls the subcommand of ``ebpfkit inspect`` with its name, which works
  without CMake, too.
``<target>-<program>``
  Targets about objects exist for each program, too: ``relocations-packets``.

Arguments are environment variables, as with make, or CMake's cache variables (``-DMAP=counts``). Without any, a target
takes the project's own programs and maps. The kernel does not tell from which file a program came, so programs are
found by name, and maps by name or because such a program uses them.

Building never needs root. A target that looks into the kernel gets it through ``EBPFKIT_LAUNCHER`` (default: ``sudo``).

Variables of CMake, which count when they are set before the end of the top directory's CMakeLists.txt:

``EBPFKIT_TARGET_PREFIX``
  Text before the names of all these targets. Without it, a target whose name the project uses itself is left out, and
  CMake says so.
``EBPFKIT_INSPECTION_TARGETS``
  ``OFF``: the project gets none of them.
``EBPFKIT_LOADER``
  The executable that ``load`` runs. Default: the only one that links a skeleton.

IDEs show the targets in the folder ``ebpf``. A cross build has only the targets that do not need the running kernel.
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_add_inspection_targets()
#
# Runs at the end of the top directory, when all programs are known. Runs again when a deferred call of the project
# made another program.
function(_ebpf_add_inspection_targets)
  if(DEFINED EBPFKIT_INSPECTION_TARGETS AND NOT EBPFKIT_INSPECTION_TARGETS)
    return()
  endif()
  if(NOT EBPFKIT_TARGET_PREFIX MATCHES "^[A-Za-z0-9_.+-]*$")
    message(
      FATAL_ERROR
        "EBPFKIT_TARGET_PREFIX '${EBPFKIT_TARGET_PREFIX}' cannot begin the name of a target.\n"
        "  Use letters, digits and _ . + -")
  endif()
  _ebpf_targets_of_kind(programs PROGRAM)
  _ebpf_targets_of_kind(headers BINDINGS)
  _ebpf_targets_of_kind(host_types HOST_TYPES)
  _ebpf_inspection_target(ebpf "Build all BPF objects" DEPENDS ${programs})
  _ebpf_inspection_target(codegen "Make all headers with kernel types" DEPENDS ${headers}
                          ${host_types})
  set(all_words "")
  foreach(program IN LISTS programs)
    get_target_property(name ${program} EBPF_OUTPUT_NAME)
    get_target_property(object ${program} EBPF_OBJECT)
    get_target_property(sources ${program} SOURCE_DIR)
    set(words "--object=${name}=${object}" "--source-directory=${sources}")
    set_property(TARGET ${program} PROPERTY EBPF_INSPECTION_WORDS ${words})
    list(APPEND all_words ${words})
  endforeach()
  # Commands read this property when CMake generates, so a second run of this function changes them.
  set_property(TARGET "${EBPFKIT_TARGET_PREFIX}ebpf" PROPERTY EBPF_INSPECTION_WORDS ${all_words})

  _ebpf_inspection_rows(rows)
  foreach(row IN LISTS rows)
    _ebpf_inspection_row("${row}" name about variables help)
    if(about STREQUAL "build" OR (about STREQUAL "kernel" AND CMAKE_CROSSCOMPILING))
      continue()
    endif()
    _ebpf_inspection_command(command "${name}" "${variables}" "${EBPFKIT_TARGET_PREFIX}ebpf")
    _ebpf_inspection_target("${name}" "${help}" COMMAND ${command} DEPENDS ${programs})
    if(about STREQUAL "objects")
      foreach(program IN LISTS programs)
        _ebpf_inspection_command(command "${name}" "${variables}" ${program})
        _ebpf_inspection_target("${name}-${program}" "" COMMAND ${command} DEPENDS ${program})
      endforeach()
    endif()
  endforeach()
  _ebpf_add_load_target()
  _ebpf_add_inspect_help("${rows}")
endfunction()

# _ebpf_inspection_rows(<out>): the rows of detail/inspection_targets.txt.
function(_ebpf_inspection_rows out)
  file(STRINGS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/detail/inspection_targets.txt" rows
       REGEX "^[a-z]")
  set(${out} "${rows}" PARENT_SCOPE)
endfunction()

# _ebpf_inspection_row(<row> <name-out> <about-out> <variables-out> <help-out>): splits a row. Sets the variables to a
# list.
function(_ebpf_inspection_row row name_out about_out variables_out help_out)
  string(REGEX MATCH "^([a-z-]+) *\\| *([a-z]+) *\\| *([A-Z_ ]*[A-Z_]|) *\\| *(.*)$" unused
               "${row}")
  set(${name_out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  set(${about_out} "${CMAKE_MATCH_2}" PARENT_SCOPE)
  string(REPLACE " " ";" variables "${CMAKE_MATCH_3}")
  set(${variables_out} "${variables}" PARENT_SCOPE)
  set(${help_out} "${CMAKE_MATCH_4}" PARENT_SCOPE)
endfunction()

# _ebpf_inspection_command(<out> <name> <variables> <owner>)
#
# Sets <out> to the command of a target. EBPF_INSPECTION_WORDS of the target <owner> name the objects.
function(_ebpf_inspection_command out name variables owner)
  set(command "$<TARGET_FILE:EbpfKit::ebpfkit>" inspect "--build-directory=${CMAKE_BINARY_DIR}"
              "$<TARGET_PROPERTY:${owner},EBPF_INSPECTION_WORDS>")
  if(EBPFKIT_BPFTOOL)
    list(APPEND command --bpftool "${EBPFKIT_BPFTOOL}")
  endif()
  set(launcher sudo)
  if(DEFINED EBPFKIT_LAUNCHER)
    set(launcher "${EBPFKIT_LAUNCHER}")
  endif()
  foreach(word IN LISTS launcher)
    list(APPEND command "--launcher=${word}")
  endforeach()
  foreach(variable IN LISTS variables)
    list(APPEND command "--environment=${variable}")
    if(DEFINED CACHE{${variable}})
      list(APPEND command "--default=${variable}=$CACHE{${variable}}")
    endif()
  endforeach()
  set(${out} ${command} ${name} PARENT_SCOPE)
endfunction()

# _ebpf_inspection_target(<name> <help> [COMMAND <word>...] [DEPENDS <target>...])
#
# Adds a target, whose name gets EBPFKIT_TARGET_PREFIX. Leaves it out when the project has a target of this name; a second
# call for a target of ours adds DEPENDS. <help> is for IDEs and inspect-help.
function(_ebpf_inspection_target name help)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "COMMAND;DEPENDS")
  set(target "${EBPFKIT_TARGET_PREFIX}${name}")
  if(TARGET "${target}")
    get_target_property(kind "${target}" EBPF_KIND)
    if(kind STREQUAL "INSPECTION" AND DEFINED arg_DEPENDS)
      add_dependencies("${target}" ${arg_DEPENDS})
    elseif(NOT kind STREQUAL "INSPECTION")
      message(
        STATUS "EbpfKit: the project has a target '${target}' of its own, so EbpfKit adds none."
               " EBPFKIT_TARGET_PREFIX gives EbpfKit's targets other names.")
    endif()
    return()
  endif()
  if(DEFINED arg_COMMAND)
    add_custom_target("${target}" COMMAND ${arg_COMMAND} USES_TERMINAL COMMAND_EXPAND_LISTS
                                                         VERBATIM)
    add_dependencies("${target}" EbpfKit::ebpfkit)
  else()
    add_custom_target("${target}")
  endif()
  set_target_properties("${target}" PROPERTIES EBPF_KIND INSPECTION FOLDER ebpf)
  if(DEFINED arg_DEPENDS)
    add_dependencies("${target}" ${arg_DEPENDS})
  endif()
endfunction()

# _ebpf_add_load_target(): the target that runs the project's loader.
function(_ebpf_add_load_target)
  if(CMAKE_CROSSCOMPILING)
    return()
  endif()
  set(loaders "${EBPFKIT_LOADER}")
  if(loaders STREQUAL "")
    _ebpf_targets_of_kind(skeletons SKELETON)
    _ebpf_all_targets(targets)
    foreach(target IN LISTS targets)
      get_property(type TARGET ${target} PROPERTY TYPE)
      get_property(libraries TARGET ${target} PROPERTY LINK_LIBRARIES)
      list(REMOVE_ITEM libraries ${skeletons})
      get_property(all_libraries TARGET ${target} PROPERTY LINK_LIBRARIES)
      if(type STREQUAL "EXECUTABLE" AND NOT libraries STREQUAL all_libraries)
        list(APPEND loaders ${target})
      endif()
    endforeach()
  elseif(NOT TARGET "${loaders}")
    message(FATAL_ERROR "EBPFKIT_LOADER '${loaders}' is not a target of this project.\n"
                        "  Name an executable: -DEBPFKIT_LOADER=<target>")
  endif()
  _ebpf_inspection_command(command load LOAD_ARGS "${EBPFKIT_TARGET_PREFIX}ebpf")
  list(LENGTH loaders count)
  if(count EQUAL 1)
    _ebpf_inspection_target(load "Run ${loaders} as root" COMMAND ${command} --
                            "$<TARGET_FILE:${loaders}>" DEPENDS ${loaders})
  else()
    # The command says that it does not know which one to run.
    list(TRANSFORM loaders PREPEND "--candidate=")
    _ebpf_inspection_target(load "Run the project's loader as root" COMMAND ${command} ${loaders})
  endif()
endfunction()

# _ebpf_add_inspect_help(<rows>): the target inspect-help prints a file that is written here.
function(_ebpf_add_inspect_help rows)
  set(text "")
  foreach(row IN LISTS rows)
    _ebpf_inspection_row("${row}" name about variables help)
    set(target "${EBPFKIT_TARGET_PREFIX}${name}")
    if(NOT TARGET "${target}")
      continue()
    endif()
    get_target_property(kind "${target}" EBPF_KIND)
    if(NOT kind STREQUAL "INSPECTION")
      continue()
    endif()
    set(each "")
    if(about STREQUAL "objects")
      set(each ", ${target}-<program>")
    endif()
    string(LENGTH "${target}" length)
    math(EXPR spaces "20 - ${length}")
    if(spaces LESS 1)
      set(spaces 1)
    endif()
    string(REPEAT " " ${spaces} spaces)
    string(APPEND text "${target}${spaces}${help}${each}")
    if(NOT variables STREQUAL "")
      list(JOIN variables " " variables)
      string(APPEND text " (${variables})")
    endif()
    string(APPEND text "\n")
  endforeach()
  string(APPEND text
         "In brackets: variables, as in: JSON=1 cmake --build <build> --target <target>\n")
  set(file "${CMAKE_BINARY_DIR}/ebpf/inspect-help.txt")
  file(CONFIGURE OUTPUT "${file}" CONTENT "${text}" @ONLY)
  if(NOT TARGET "${EBPFKIT_TARGET_PREFIX}inspect-help")
    _ebpf_inspection_target(inspect-help "List the inspection targets" COMMAND "${CMAKE_COMMAND}"
                            -E cat "${file}")
  endif()
endfunction()
