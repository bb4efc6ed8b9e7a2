# What users set on the target of a program, after ebpf_add_program made it: target_compile_definitions() and its kin.
# The compile rules read it at the end of the configure run.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_finish_later(<program>): lets _ebpf_finish_programs run for it at the end of the configure run.
function(_ebpf_finish_later program)
  get_property(scheduled GLOBAL PROPERTY _EBPF_UNFINISHED_PROGRAMS)
  set_property(GLOBAL APPEND PROPERTY _EBPF_UNFINISHED_PROGRAMS ${program})
  if(NOT scheduled)
    # Projects may have deferred calls of their own in the top directory. CMake runs deferred calls in order,
    # so _ebpf_finish_last defers once more: _ebpf_finish_programs then runs behind theirs.
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _ebpf_finish_last)
  endif()
endfunction()

function(_ebpf_finish_last)
  cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _ebpf_finish_programs)
endfunction()

# _ebpf_finish_programs()
#
# Called at the end of the top directory, when the project has set everything for all programs. Gives the
# compile rules what users set on each program, and none of the settings of its directory.
#
# CMake adds the directory's definitions to every target of the directory when it generates.
# include_directories() adds to the targets that exist already. Both are for the host and must not reach BPF
# compiles. At this point CMake has not added the definitions yet. _ebpf_without_later_includes removes the
# include directories that came after the program. The rest goes to <program>.usage. That is an imported
# target, because CMake adds neither definitions nor include directories to imported targets. The rules read
# it together with what linked libraries bring.
function(_ebpf_finish_programs)
  get_property(programs GLOBAL PROPERTY _EBPF_UNFINISHED_PROGRAMS)
  set_property(GLOBAL PROPERTY _EBPF_UNFINISHED_PROGRAMS)
  foreach(program IN LISTS programs)
    _ebpf_check_added_sources(${program})
    set(all "")
    foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES LINK_LIBRARIES)
      get_property(${property} TARGET ${program} PROPERTY ${property})
      get_property(INTERFACE_${property} TARGET ${program} PROPERTY INTERFACE_${property})
      string(APPEND all "${${property}}${INTERFACE_${property}}")
    endforeach()
    # Most programs have no settings of their own.
    if(NOT all STREQUAL "")
      _ebpf_without_later_includes(${program})
      add_library(${program}.usage INTERFACE IMPORTED GLOBAL)
      foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES)
        # In the user's settings, $<TARGET_PROPERTY:...> without a target name means the program.
        set_property(TARGET ${program} PROPERTY EBPF_OWN_${property} ${${property}}
                                                ${INTERFACE_${property}})
        set_property(
          TARGET ${program}.usage
          PROPERTY
            INTERFACE_${property}
            "$<TARGET_GENEX_EVAL:${program},$<TARGET_PROPERTY:${program},EBPF_OWN_${property}>>")
      endforeach()
      set_property(TARGET ${program}.usage PROPERTY INTERFACE_LINK_LIBRARIES ${LINK_LIBRARIES}
                                                    ${INTERFACE_LINK_LIBRARIES})
      _ebpf_usage_flags(flags ${program}.usage)
      set_property(TARGET ${program} PROPERTY EBPF_USAGE_FLAGS "${flags}")
      # One object serves all configurations. With CMAKE_CROSS_CONFIGS the build makes several at once. When
      # their options differ, CMake refuses to write this file.
      if(CMAKE_CROSS_CONFIGS)
        get_property(directory TARGET ${program} PROPERTY BINARY_DIR)
        file(GENERATE OUTPUT "${directory}/ebpf/${program}/options-depend-on-the-configuration.txt"
             CONTENT "${flags}")
      endif()
    endif()
  endforeach()
  _ebpf_check_links("${programs}")
  _ebpf_add_inspection_targets()
endfunction()

# _ebpf_without_later_includes(<program>)
#
# include_directories() adds to a directory and to the programs that exist there. Removes such additions from
# INCLUDE_DIRECTORIES (caller's scope): each include directory that the program's directory got after the
# program was made, once.
function(_ebpf_without_later_includes program)
  get_property(directory TARGET ${program} PROPERTY SOURCE_DIR)
  get_property(before TARGET ${program} PROPERTY EBPF_DIRECTORY_INCLUDES)
  get_property(after DIRECTORY "${directory}" PROPERTY INCLUDE_DIRECTORIES)
  if(NOT after STREQUAL before)
    foreach(include_directory IN LISTS after)
      list(FIND before "${include_directory}" position)
      if(position GREATER_EQUAL 0)
        list(REMOVE_AT before ${position})
      else()
        list(FIND INCLUDE_DIRECTORIES "${include_directory}" position)
        if(position GREATER_EQUAL 0)
          list(REMOVE_AT INCLUDE_DIRECTORIES ${position})
        endif()
      endif()
    endforeach()
    set(INCLUDE_DIRECTORIES "${INCLUDE_DIRECTORIES}" PARENT_SCOPE)
  endif()
endfunction()

# _ebpf_check_added_sources(<program>)
#
# Fatal when target_sources() gave the program a C source. The host's compiler would compile that source, and
# the object would lack it.
function(_ebpf_check_added_sources program)
  get_property(sources TARGET ${program} PROPERTY SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.(c|C|cc|cpp|cxx|S|s)$")
  if(sources)
    message(
      FATAL_ERROR
        "ebpf_add_program: target_sources() gives '${sources}' to the program '${program}', which would not be compiled for BPF.\n"
        "  Name all sources in ebpf_add_program(${program} SOURCES ...).")
  endif()
endfunction()
