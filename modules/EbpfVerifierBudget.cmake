#[=[.rst:
ebpf_verifier_budget
--------------------

Limits the verifier's work on a program. The load tests of the program check it::

  ebpf_verifier_budget(<program> MAX_INSTRUCTIONS <count> [VARIANT <name> <global>=<value>...]...)
  ebpf_verifier_budget(<program> BASELINE <file> [TOLERANCE <percent>]
                       [VARIANT <name> <global>=<value>...]...)

``<program>``
  A target of ``ebpf_add_program``. Each of its functions has the budget.
``MAX_INSTRUCTIONS``
  The most instructions that the verifier may process (``processed N insns`` in its log). The kernel's own limit is
  1,000,000.
``BASELINE``
  A file with earlier figures of each function on each kernel. ``cmake --build <build> --target verifier-baseline`` writes
  it, from the results of the last ``ctest``; keep it with the sources. A function without figures fails.
``TOLERANCE``
  How many percent more than the baseline are allowed. Default 0.
``VARIANT``
  Loads the functions once more, with these values of global variables: the values of constants decide which
  branches the verifier follows. An integer, ``true`` or ``false``. The budget holds for variants, too.

Each load test of the program then has another test beside each function's, with ``.budget`` at the end. The time that
the verifier took counts for nothing, because it differs from run to run. ``ebpfkit load-test table`` and ``compare`` show
the figures.

Errors when configuring: an unknown or missing argument, a ``<program>`` that ``ebpf_add_program`` did not make, a
second budget for one program, numbers that are none.

Example::

  ebpf_verifier_budget(packets MAX_INSTRUCTIONS 5000 VARIANT verbose log_level=2)
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_verifier_budget name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_verifier_budget)
  set(arguments "${ARGN}")
  _ebpf_take_groups(variants rest VARIANT ${ARGN})
  cmake_parse_arguments(arg "" "MAX_INSTRUCTIONS;BASELINE;TOLERANCE" "" ${rest})
  _ebpf_check_arguments(ebpf_verifier_budget SINGLE MAX_INSTRUCTIONS BASELINE TOLERANCE)
  _ebpf_check_kind(ebpf_verifier_budget program "${name}" PROGRAM ebpf_add_program)
  get_target_property(earlier ${name} EBPF_BUDGET_WORDS)
  if(earlier)
    message(FATAL_ERROR "ebpf_verifier_budget: '${name}' has a budget already.\n"
                        "  Call ebpf_verifier_budget once for each program.")
  endif()
  get_target_property(object_name ${name} EBPF_OUTPUT_NAME)
  set(variant_words "")
  foreach(variant IN LISTS variants)
    if(NOT variant MATCHES
       "^([A-Za-z0-9_-]+)\t([A-Za-z_][A-Za-z0-9_]*=[^\t,]+(\t[A-Za-z_][A-Za-z0-9_]*=[^\t,]+)*)$")
      string(REPLACE "\t" " " variant "${variant}")
      _ebpf_usage_error(
        "ebpf_verifier_budget: VARIANT '${variant}' is no name with <global>=<value> behind it.")
    endif()
    string(REPLACE "\t" "," globals "${CMAKE_MATCH_2}")
    list(APPEND variant_words "--variant=${object_name}:${CMAKE_MATCH_1}:${globals}")
  endforeach()
  if((DEFINED arg_MAX_INSTRUCTIONS AND DEFINED arg_BASELINE) OR NOT (DEFINED arg_MAX_INSTRUCTIONS
                                                                     OR DEFINED arg_BASELINE))
    _ebpf_usage_error("ebpf_verifier_budget: give either MAX_INSTRUCTIONS or BASELINE.")
  endif()
  if(DEFINED arg_MAX_INSTRUCTIONS)
    _ebpf_check_numbers(ebpf_verifier_budget MAX_INSTRUCTIONS)
    if(DEFINED arg_TOLERANCE)
      _ebpf_usage_error("ebpf_verifier_budget: TOLERANCE needs BASELINE.")
    endif()
    set(words "--budget=${object_name}\t--max-instructions\t${arg_MAX_INSTRUCTIONS}")
  else()
    cmake_path(ABSOLUTE_PATH arg_BASELINE BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    if(NOT DEFINED arg_TOLERANCE)
      set(arg_TOLERANCE 0)
    elseif(NOT arg_TOLERANCE MATCHES "^[0-9]+(\\.[0-9]+)?$")
      _ebpf_usage_error(
        "ebpf_verifier_budget: TOLERANCE '${arg_TOLERANCE}' is no number of percent.")
    endif()
    set(words "--budget=${object_name}\t--tolerance\t${arg_TOLERANCE}\t--baseline\t${arg_BASELINE}")
    _ebpf_add_baseline(${name} "${object_name}" "${arg_BASELINE}")
  endif()
  set_target_properties(${name} PROPERTIES EBPF_BUDGET_WORDS "${words}" EBPF_VARIANT_WORDS
                                                                        "${variant_words}")
endfunction()

# _ebpf_add_baseline(<program> <object> <file>)
#
# Makes the target verifier-baseline write the figures of <object> to <file>, from the results of all load tests of
# <program>.
function(_ebpf_add_baseline program object file)
  if(NOT TARGET verifier-baseline)
    add_custom_target(verifier-baseline)
  endif()
  add_custom_target(
    verifier-baseline-${program}
    COMMAND EbpfKit::ebpfkit load-test baseline "$<TARGET_PROPERTY:${program},EBPF_LOAD_RESULTS>"
            --object "${object}" --output "${file}"
    COMMENT "Writing the verifier's figures of ${program}"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_dependencies(verifier-baseline verifier-baseline-${program})
endfunction()
