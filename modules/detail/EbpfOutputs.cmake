# How steps write their files: what every custom command of EbpfKit shares.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_output_directory(<out> <directory>)
#
# Sets <out> to <directory>, with the configuration behind it where one build tree has several, so
# that `$<CONFIG:...>` in a user's definitions never makes two rules write one file.
function(_ebpf_output_directory out directory)
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    string(APPEND directory "/$<CONFIG>")
  endif()
  set(${out} "${directory}" PARENT_SCOPE)
endfunction()

# _ebpf_tool_output(<out> <file>)
#
# Sets <out> to the arguments by which a subcommand of the host tool writes <file>. An unchanged
# file keeps its time under Ninja, which then skips all that follows (restat); make has no such
# notion and would run the step again in every build, so there the time is renewed.
function(_ebpf_tool_output out file)
  set(arguments --output "${file}")
  if(NOT CMAKE_GENERATOR MATCHES "Ninja")
    list(APPEND arguments --touch-unchanged)
  endif()
  set(${out} "${arguments}" PARENT_SCOPE)
endfunction()
