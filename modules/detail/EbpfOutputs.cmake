# What all custom commands of EbpfKit share: how they write their files.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_output_directory(<out> <directory>)
#
# Sets <out> to <directory>. Where one build tree has several configurations, adds the configuration.
# Otherwise `$<CONFIG:...>` in a user's definitions could make two rules write one file.
function(_ebpf_output_directory out directory)
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    string(APPEND directory "/$<CONFIG>")
  endif()
  set(${out} "${directory}" PARENT_SCOPE)
endfunction()

# _ebpf_tool_output(<out> <file>)
#
# Sets <out> to the arguments by which a subcommand of the host tool writes <file>. Under Ninja an unchanged
# file keeps its time, and Ninja skips all that follows (restat). make does not have restat: it would run the
# step again in every build. So under make the tool renews the time.
function(_ebpf_tool_output out file)
  set(arguments --output "${file}")
  if(NOT CMAKE_GENERATOR MATCHES "Ninja")
    list(APPEND arguments --touch-unchanged)
  endif()
  set(${out} "${arguments}" PARENT_SCOPE)
endfunction()
