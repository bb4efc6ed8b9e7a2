# Runs the tests of the runtime so that they keep the BPF programs that they compile (tests/unit/bpf_compiler.hpp). Their
# results do not count here. cmake -DPROGRAM= -DDIRECTORY= -DARGUMENT= -P record_programs.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${DIRECTORY}")
file(MAKE_DIRECTORY "${DIRECTORY}")
execute_process(COMMAND "${CMAKE_COMMAND}" -E env "EBPFKIT_RECORD_PROGRAMS=${DIRECTORY}"
                        "${PROGRAM}" "${ARGUMENT}" OUTPUT_VARIABLE output ERROR_VARIABLE output)
file(GLOB programs "${DIRECTORY}/*.bpf.o")
if(programs STREQUAL "")
  message(FATAL_ERROR "No program was compiled:\n${output}")
endif()
