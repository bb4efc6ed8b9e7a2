# Old names of commands, keywords and variables: renames.txt has them, docs/versions.md the policy.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_renames(<out> <kind> <command>)
#
# Sets <out> to the lines of renames.txt of this kind, each a list with commas: state, since, old, new. <command> is
# whose keywords are asked for, else `-`. Reads the table once in a configure run.
function(_ebpf_renames out kind command)
  get_property(lines GLOBAL PROPERTY _EBPF_RENAMES_${kind}_${command})
  get_property(is_known GLOBAL PROPERTY _EBPF_RENAMES_${kind}_${command} SET)
  if(NOT is_known)
    file(STRINGS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/renames.txt" lines
         REGEX "^${kind} +[a-z]+ +[0-9.]+ +${command} ")
    list(TRANSFORM lines REPLACE "^[a-z]+ +([a-z]+) +([0-9.]+) +[^ ]+ +([^ ]+) +([^ ]+) *$"
                                 "\\1,\\2,\\3,\\4")
    set_property(GLOBAL PROPERTY _EBPF_RENAMES_${kind}_${command} "${lines}")
  endif()
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

# _ebpf_tell_rename(<who> <what> <state> <since> <remedy>)
#
# An error when the old name is refused, else a deprecation message, once in a configure run. <who> begins the
# message, <what> names the old name with its kind.
function(_ebpf_tell_rename who what state since remedy)
  set(text "${who}: ${what} has another name since EbpfKit ${since}.\n  ${remedy}")
  if(NOT state STREQUAL "works")
    message(FATAL_ERROR "${text}")
  endif()
  get_property(told GLOBAL PROPERTY _EBPF_TOLD_RENAMES)
  if(NOT "${who} ${what}" IN_LIST told)
    set_property(GLOBAL APPEND PROPERTY _EBPF_TOLD_RENAMES "${who} ${what}")
    # docs/versions.md has the policy.
    set(last "${since} is the last minor version")
    if(since VERSION_GREATER_EQUAL 1)
      string(REGEX REPLACE "\\..*" " is the last major version" last "${since}")
    endif()
    message(DEPRECATION "${text} EbpfKit ${last} that knows the old one.")
  endif()
endfunction()

# _ebpf_take_old_variables(<out>)
#
# Sets the new names of the variables that the user sets by their old names, in the caller's scope, and <out> to the
# list of these new names. Fatal when both are set and differ.
function(_ebpf_take_old_variables out)
  set(taken "")
  _ebpf_renames(lines variable -)
  foreach(line IN LISTS lines)
    string(REGEX MATCHALL "[^,]+" columns "${line}")
    list(POP_FRONT columns state since old new)
    if(NOT DEFINED ${old})
      continue()
    endif()
    if(DEFINED ${new} AND NOT "${${new}}" STREQUAL "${${old}}")
      message(
        FATAL_ERROR "EbpfKit: ${new} is '${${new}}', and ${old}, its old name, is '${${old}}'.\n"
                    "  Remove ${old}.")
    endif()
    _ebpf_tell_rename(EbpfKit "the variable ${old}" ${state} ${since} "Set ${new}.")
    list(APPEND taken ${new})
    set(${new} "${${old}}" PARENT_SCOPE)
  endforeach()
  set(${out} "${taken}" PARENT_SCOPE)
endfunction()

# _ebpf_take_old_keywords(<command> <out>)
#
# Called after cmake_parse_arguments(... arg ...), whose lists have the old keywords, too. Gives their values to the
# new keywords, in the caller's scope: arg_<new> and `arguments`. Sets <out> to the list of the variables arg_<new>.
# Fatal when both names are given, and for an old name without a value.
function(_ebpf_take_old_keywords command out)
  set(taken "")
  _ebpf_renames(lines keyword ${command})
  foreach(line IN LISTS lines)
    string(REGEX MATCHALL "[^,]+" columns "${line}")
    list(POP_FRONT columns state since old new)
    if(NOT old IN_LIST arguments)
      continue()
    endif()
    if(new IN_LIST arguments)
      message(FATAL_ERROR "${command}: ${old} is the old name of ${new}, and both are given.\n"
                          "  Leave out ${old}.")
    endif()
    _ebpf_tell_rename(${command} "the keyword ${old}" ${state} ${since} "Write ${new}.")
    list(TRANSFORM arguments REPLACE "^${old}$" "${new}")
    if(old IN_LIST arg_KEYWORDS_MISSING_VALUES)
      message(
        FATAL_ERROR
          "${command}: ${old} has no value.\n  Write ${new}, which is its new name, and a value.")
    endif()
    if(DEFINED arg_${old})
      list(APPEND taken arg_${new})
      set(arg_${new} "${arg_${old}}" PARENT_SCOPE)
    endif()
  endforeach()
  set(arguments "${arguments}" PARENT_SCOPE)
  set(${out} "${taken}" PARENT_SCOPE)
endfunction()

# _ebpf_define_old_commands(): makes a command of each old name that calls the new one with the same arguments.
function(_ebpf_define_old_commands)
  _ebpf_renames(lines command -)
  foreach(line IN LISTS lines)
    string(REGEX MATCHALL "[^,]+" columns "${line}")
    list(POP_FRONT columns state since old new)
    cmake_language(
      EVAL
      CODE
      "function(${old})
         _ebpf_tell_rename(${old} \"this command\" ${state} ${since} \"Call ${new}.\")
         _ebpf_arguments_one_by_one(words \${ARGC})
         cmake_language(EVAL CODE \"${new}(\${words})\")
       endfunction()")
  endforeach()
endfunction()

# _ebpf_arguments_one_by_one(<out> <count>)
#
# Sets <out> to code that names the caller's arguments. ${ARGN} would lose empty ones and split those with semicolons.
function(_ebpf_arguments_one_by_one out count)
  set(words "")
  set(index 0)
  while(index LESS count)
    string(APPEND words " \"\${ARGV${index}}\"")
    math(EXPR index "${index} + 1")
  endwhile()
  set(${out} "${words}" PARENT_SCOPE)
endfunction()
