# The tests of scripts/check include this file. They set `tree`: the directory of a small project under git.

# check(<status> <text> <argument>...): runs scripts/check over what is in the tree. It must print the text.
function(check status text)
  execute_process(COMMAND git -C "${tree}" add --all . COMMAND_ERROR_IS_FATAL ANY)
  execute_process(
    COMMAND "${tree}/scripts/check" --build-dir "${WORK_DIR}/results" ${ARGN}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  string(FIND "${output}" "${text}" position)
  if(position EQUAL -1 OR NOT result EQUAL status)
    message(FATAL_ERROR "scripts/check ${ARGN}: wanted '${text}' and status ${status}, got status "
                        "${result}:\n${output}")
  endif()
endfunction()
