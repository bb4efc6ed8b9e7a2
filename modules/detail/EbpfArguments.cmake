# Checking of arguments, the same for every public command.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_check_arguments(<command> [REQUIRED <keyword>...] [SINGLE <keyword>...])
#
# Called after cmake_parse_arguments(... arg ...). Fatal for an unknown argument, a keyword without a value, a
# missing REQUIRED keyword, a SINGLE keyword that is empty or given twice, and a misspelt keyword among the
# values of another one, and while another run of cmake is at work in the build directory. (CMake takes an empty
# keyword for one that is not given.) Reads `arguments`, the command's ARGN. Sets the variables and arg_<keyword> that
# the user gives by an old name (renames.txt).
function(_ebpf_check_arguments command)
  cmake_parse_arguments(PARSE_ARGV 1 check "" "" "REQUIRED;SINGLE")
  _ebpf_lock_build_directory("${command}")
  _ebpf_take_old_keywords(${command} keywords)
  _ebpf_take_old_variables(variables)
  foreach(name IN LISTS keywords variables)
    set(${name} "${${name}}" PARENT_SCOPE)
  endforeach()
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    list(GET arg_UNPARSED_ARGUMENTS 0 unknown)
    _ebpf_keyword_hint(hint ${command} "${unknown}")
    _ebpf_usage_error("${command}: unknown argument '${unknown}'.${hint}")
  endif()
  if(DEFINED arg_KEYWORDS_MISSING_VALUES)
    list(GET arg_KEYWORDS_MISSING_VALUES 0 keyword)
    _ebpf_usage_error("${command}: ${keyword} has no value.")
  endif()
  _ebpf_check_list_values(${command} ${check_SINGLE})
  foreach(keyword IN LISTS check_SINGLE)
    if(keyword IN_LIST arguments)
      list(FIND arguments "${keyword}" position)
      math(EXPR position "${position} + 1")
      list(SUBLIST arguments ${position} -1 behind)
      list(GET arguments ${position} value)
      if(value STREQUAL "")
        _ebpf_usage_error("${command}: ${keyword} is empty.\n  Give it a value, or leave it out.")
      endif()
      if(keyword IN_LIST behind)
        _ebpf_usage_error("${command}: ${keyword} is given twice.")
      endif()
    endif()
  endforeach()
  foreach(keyword IN LISTS check_REQUIRED)
    if(NOT DEFINED arg_${keyword} OR arg_${keyword} STREQUAL "")
      _ebpf_usage_error("${command}: ${keyword} is missing.")
    endif()
  endforeach()
endfunction()

# _ebpf_check_list_values(<command> <keyword with one value>...)
#
# A misspelt keyword behind a keyword that takes several values is one of these values. Fatal for a value that is
# like a keyword. Only a warning where any word may be meant: names of functions and definitions, arguments of other
# programs. Files and directories that exist are meant. Reads `arguments`, which hold words in capitals rarely.
function(_ebpf_check_list_values command)
  set(suspects "${arguments}")
  list(FILTER suspects INCLUDE REGEX "^[A-Z][A-Z_]+$")
  if(NOT suspects)
    return()
  endif()
  _ebpf_keywords(keywords ${command})
  list(REMOVE_ITEM suspects ${keywords})
  if(NOT suspects)
    return()
  endif()
  set(keyword "")
  set(before "")
  foreach(value IN LISTS arguments)
    if(value IN_LIST keywords)
      set(keyword "${value}")
    elseif(value IN_LIST suspects AND NOT keyword MATCHES "^(SOURCES)?$" AND NOT before IN_LIST
                                                                             ARGN)
      _ebpf_keyword_hint(hint ${command} "${value}")
      if(NOT hint STREQUAL "" AND NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${value}")
        set(text "${command}: ${keyword} has the value '${value}'.${hint}")
        if(keyword STREQUAL "COMPILE_DEFINITIONS")
          message(WARNING "${text}\n  If the definition is meant, write ${value}=1.")
        elseif(keyword MATCHES "^(COMMAND|EXPECT_FAIL|ONE_OF|OPTIONAL|REQUIRES_KERNEL_BTF)$")
          message(WARNING "${text}")
        else()
          _ebpf_usage_error("${text}")
        endif()
      endif()
    endif()
    set(before "${value}")
  endforeach()
endfunction()

# _ebpf_keyword_hint(<out> <command> <word>)
#
# Sets <out> to a sentence that names the keyword of the command that <word> is a misspelling of, or to "".
function(_ebpf_keyword_hint out command word)
  _ebpf_keywords(keywords ${command})
  set(hint "")
  if(NOT word IN_LIST keywords)
    _ebpf_nearest_name(nearest "${word}" ${keywords})
    if(NOT nearest STREQUAL "")
      set(hint " The nearest keyword is ${nearest}.")
    endif()
  endif()
  set(${out} "${hint}" PARENT_SCOPE)
endfunction()

# _ebpf_keywords(<out> <command>): the keywords of a command. Reads the synopsis once for each command.
function(_ebpf_keywords out command)
  get_property(keywords GLOBAL PROPERTY _EBPF_KEYWORDS_OF_${command})
  if(NOT keywords)
    _ebpf_synopsis(synopsis ${command})
    string(REGEX MATCHALL "[A-Z][A-Z_]+" keywords "${synopsis}")
    list(REMOVE_DUPLICATES keywords)
    set_property(GLOBAL PROPERTY _EBPF_KEYWORDS_OF_${command} ${keywords})
  endif()
  set(${out} "${keywords}" PARENT_SCOPE)
endfunction()

# _ebpf_usage_error(<text>): fails with <text>, which begins with the command's name and a colon, and with the
# synopsis of the command.
function(_ebpf_usage_error text)
  string(REGEX MATCH "^[a-z_]+" command "${text}")
  _ebpf_synopsis(usage ${command})
  message(FATAL_ERROR "${text}\n  Write:${usage}")
endfunction()

# _ebpf_synopsis(<out> <command>)
#
# Sets <out> to the synopses of a command, from its doc block: that of ebpf_add_program is in
# modules/EbpfAddProgram.cmake.
function(_ebpf_synopsis out command)
  set(file_name "")
  string(REPLACE "_" ";" words "${command}")
  foreach(word IN LISTS words)
    string(SUBSTRING "${word}" 0 1 first)
    string(SUBSTRING "${word}" 1 -1 rest)
    string(TOUPPER "${first}" first)
    string(APPEND file_name "${first}${rest}")
  endforeach()
  # A command may have several synopses. Examples have a real name in place of <name> or <program>.
  file(READ "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../${file_name}.cmake" module)
  string(REGEX MATCHALL "\n  ${command}\\(<[a-z]+>[^\n]*(\n    [^\n]*)*" synopses "${module}")
  list(JOIN synopses "\n  or:" synopses)
  string(REGEX REPLACE "[ \n]+" " " usage "${synopses}")
  set(${out} "${usage}" PARENT_SCOPE)
endfunction()

# _ebpf_check_new_target(<command> <name>): fatal unless <name> is free and usable for a target.
function(_ebpf_check_new_target command name)
  if(NOT name MATCHES "^[A-Za-z0-9_.+-]+$")
    message(FATAL_ERROR "${command}: '${name}' cannot be the name of a target.\n"
                        "  Use letters, digits and _ . + -")
  endif()
  if(TARGET "${name}")
    set(remedy "Choose another name.")
    get_target_property(type "${name}" TYPE)
    if(command STREQUAL "ebpf_add_program" AND type STREQUAL "EXECUTABLE")
      set(remedy
          "The program and the executable need different names: ebpf_add_program(${name}_bpf ... OUTPUT_NAME ${name})."
      )
    endif()
    message(FATAL_ERROR "${command}: there is a target '${name}' already.\n  ${remedy}")
  endif()
endfunction()

# _ebpf_check_kind(<command> <keyword> <target> <kind> <maker>)
#
# Fatal unless <target> was made by the command <maker> (property EBPF_KIND).
function(_ebpf_check_kind command keyword target kind maker)
  if(TARGET "${target}")
    get_target_property(actual "${target}" EBPF_KIND)
    if(actual STREQUAL kind)
      return()
    endif()
  endif()
  _ebpf_targets_of_kind(targets ${kind})
  _ebpf_nearest_name(nearest "${target}" ${targets})
  set(hint "")
  if(NOT nearest STREQUAL "")
    set(hint " The nearest is '${nearest}'.")
  endif()
  message(
    FATAL_ERROR "${command}: ${keyword} '${target}' is not a target made by ${maker}.${hint}\n"
                "  Call ${maker}(${target} ...) before this command.")
endfunction()

# _ebpf_check_choice(<command> <keyword> <value> <choice>...): fatal unless <value> is a <choice>.
function(_ebpf_check_choice command keyword value)
  if(NOT value IN_LIST ARGN)
    list(JOIN ARGN ", " choices)
    message(FATAL_ERROR "${command}: ${keyword} '${value}' is not known.\n  Use one of: ${choices}")
  endif()
endfunction()

# _ebpf_absolute_files(<command> <keyword> <out> <file>...)
#
# Sets <out> to the absolute paths (relative ones start at the current source directory). Fatal for a file
# that does not exist and is not marked GENERATED, and for a file that is named twice.
function(_ebpf_absolute_files command keyword out)
  set(files "")
  foreach(file IN LISTS ARGN)
    if(file MATCHES "\\$<")
      message(FATAL_ERROR "${command}: ${keyword} '${file}' is a generator expression.\n"
                          "  Name the files themselves.")
    endif()
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE
               OUTPUT_VARIABLE path)
    get_source_file_property(generated "${path}" GENERATED)
    if(NOT generated AND (NOT EXISTS "${path}" OR IS_DIRECTORY "${path}"))
      _ebpf_nearest_file_hint(nearest "${path}")
      set(hint "Check the name; a relative path starts at ${CMAKE_CURRENT_SOURCE_DIR}.${nearest}")
      if(file MATCHES "^[A-Z_]+$")
        _ebpf_keyword_hint(nearest ${command} "${file}")
        set(hint "If it was meant as a keyword, it is misspelt.${nearest}")
      endif()
      message(FATAL_ERROR "${command}: ${keyword} '${file}': there is no such file.\n  ${hint}")
    endif()
    if(path IN_LIST files)
      message(FATAL_ERROR "${command}: ${keyword} names '${file}' twice.\n  Name it once.")
    endif()
    list(APPEND files "${path}")
  endforeach()
  set(${out} "${files}" PARENT_SCOPE)
endfunction()
