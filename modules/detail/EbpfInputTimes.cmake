# Inputs whose content changes while their time goes back (EBPFKIT_CHECK_INPUT_TIMES).
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_watch_inputs(<out> OUTPUT <file> [DEPFILE <file>] [INPUTS <file>...])
#
# Sets <out> to what the rule for OUTPUT must depend on, so that it runs again when one of INPUTS, or a file
# that DEPFILE names, changed and did not become newer. Ninja and make compare times only. Sets <out> to ""
# unless the user has set EBPFKIT_CHECK_INPUT_TIMES.
#
# One target of the build tree runs the check in each build. It renews one stamp, on which all rules depend:
# such changes are rare, and unchanged results cause no further work.
function(_ebpf_watch_inputs out)
  if(NOT EBPFKIT_CHECK_INPUT_TIMES)
    set(${out} "" PARENT_SCOPE)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT;DEPFILE" "INPUTS")
  set(target ebpfkit_input_times)
  # Ninja would take a directory `CMakeFiles/<target>` for what the target makes.
  _ebpf_output_directory(directory "${CMAKE_BINARY_DIR}/CMakeFiles/${target}.files")
  set(stamp "${directory}/stamp")
  if(NOT TARGET ${target})
    add_custom_target(
      ${target} ALL
      COMMAND EbpfKit::ebpfkit inputs --list "${directory}/files.txt" --record "${directory}/record"
              --stamp "${stamp}"
      BYPRODUCTS "${stamp}"
      COMMENT "Checking the times of EbpfKit's inputs"
      VERBATIM)
    set(files "$<TARGET_GENEX_EVAL:${target},$<TARGET_PROPERTY:${target},EBPF_WATCHED_FILES>>")
    file(GENERATE OUTPUT "${directory}/files.txt" CONTENT "$<JOIN:${files},\n>\n")
    # Files of an in-source build are where the sources are.
    if(NOT CMAKE_BINARY_DIR STREQUAL CMAKE_SOURCE_DIR)
      set_property(TARGET ${target} PROPERTY EBPF_WATCHED_FILES "made ${CMAKE_BINARY_DIR}")
    endif()
    # make has a rule for the stamp only in the directory of the target.
    if(NOT CMAKE_GENERATOR MATCHES "Ninja" AND NOT EXISTS "${stamp}")
      file(MAKE_DIRECTORY "${directory}")
      file(TOUCH "${stamp}")
    endif()
  endif()
  # `ebpfkit compile` makes headers in a directory beside the object.
  set(files "output ${arg_OUTPUT}" "made ${arg_OUTPUT}.bindings")
  if(DEFINED arg_DEPFILE)
    list(APPEND files "depfile ${arg_DEPFILE}")
  endif()
  foreach(input IN LISTS arg_INPUTS)
    get_source_file_property(is_generated "${input}" GENERATED)
    if(IS_ABSOLUTE "${input}" AND NOT is_generated)
      list(APPEND files "input ${input}")
    endif()
  endforeach()
  set_property(TARGET ${target} APPEND PROPERTY EBPF_WATCHED_FILES ${files})
  set(${out} ${target} "${stamp}" PARENT_SCOPE)
endfunction()
