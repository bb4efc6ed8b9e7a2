# Answers that the cache keeps until a file changes.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_file_state(<out> <file>)
#
# Sets <out> to the file's device, inode, size, and times of modification and of change. Programs can set the
# time of modification (`cp -p`), but not the time of change. CMake itself reads only the first. Sets <out> to
# "" when nobody can tell whether the file changes again without a new time: one of the times is in the last two
# seconds or in the future, because some file systems store times no more exactly. Also when there is no stat(1).
# Then do the work again and keep no answer.
function(_ebpf_file_state out file)
  set(state "")
  execute_process(
    COMMAND stat -L -c "%d %i %s %y %z=%Y=%Z" "${file}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE text
    ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(result EQUAL 0 AND text MATCHES "^(.*)=([0-9]+)=([0-9]+)$")
    string(TIMESTAMP now "%s" UTC)
    math(EXPR settled "${now} - 2")
    if(CMAKE_MATCH_2 LESS settled AND CMAKE_MATCH_3 LESS settled)
      set(state "${CMAKE_MATCH_1}")
    endif()
  endif()
  set(${out} "${state}" PARENT_SCOPE)
endfunction()

# _ebpf_program_state(<out> <program>)
#
# Sets <out> to the program's size and time of modification. This is for answers of installed programs that
# every configure run needs: it starts no process.
function(_ebpf_program_state out program)
  file(REAL_PATH "${program}" real)
  file(SIZE "${real}" size)
  file(TIMESTAMP "${real}" time "%s.%f" UTC)
  set(${out} "${size} ${time}" PARENT_SCOPE)
endfunction()
