# The slow parts of configuring must happen once for a build tree, not once for a program. This case counts
# calls, because every machine gives the same counts. It measures no times.

# count_calls(<out> <argument of cmake>...): configures, and sets <out> to the numbers of costly calls.
macro(count_calls out)
  configure(--trace-expand "--trace-redirect=${WORK_DIR}/trace" ${ARGN})
  expect_success("configuring with a trace")
  file(READ "${WORK_DIR}/trace" trace)
  set(${out} "")
  foreach(call "find_program" "find_path" "find_library" "find_package" "execute_process"
               "add_subdirectory" "file[(](SHA256|COPY_FILE|READ|STRINGS|GLOB|MAKE_DIRECTORY) ")
    string(REGEX MATCHALL "[)]:  ${call}" calls "${trace}")
    list(LENGTH calls count)
    list(APPEND ${out} "${call}=${count}")
  endforeach()
endmacro()

count_calls(few -DPROGRAMS=2)
count_calls(many -DPROGRAMS=12)
if(NOT few STREQUAL many)
  message(
    FATAL_ERROR "Calls grow with the number of programs:\n2 programs: ${few}\n12 programs: ${many}")
endif()
if(NOT few MATCHES "find_program=[1-9]")
  message(FATAL_ERROR "The trace has no calls, so it says nothing: ${few}")
endif()
# Nothing changed, so CMake neither copies nor hashes the running kernel's BTF, and runs no tool.
if(NOT trace MATCHES "running-kernel.btf")
  message(FATAL_ERROR "The programs do not use the running kernel's BTF, so the test says nothing.")
endif()
foreach(call "file[(]SHA256 " "file[(]COPY_FILE " "execute_process")
  string(REGEX MATCHALL "[^\n]*[)]:  ${call}[^\n]*" calls "${trace}")
  # CMake itself asks Ninja for its version.
  list(FILTER calls EXCLUDE REGEX "/Modules/")
  if(calls)
    message(FATAL_ERROR "Configuring again works although nothing changed:\n${calls}")
  endif()
endforeach()

# The programs use a file of BTF instead. CMake asks for its state once, and its content does not matter.
set(CMAKE_other_btf "${WORK_DIR}/other.btf")
file(COPY_FILE "${build_dir}/ebpfkit/running-kernel.btf" "${CMAKE_other_btf}")
foreach(programs 2 12)
  count_calls(CMAKE_calls_${programs} -DPROGRAMS=${programs} "-DEBPFKIT_BTF=${CMAKE_other_btf}")
endforeach()
if(NOT CMAKE_calls_2 STREQUAL CMAKE_calls_12)
  message(FATAL_ERROR "Calls grow with the number of programs that use a file of BTF:\n"
                      "2 programs: ${CMAKE_calls_2}\n12 programs: ${CMAKE_calls_12}")
endif()
if(NOT trace MATCHES "stat -L")
  message(
    FATAL_ERROR
      "CMake does not ask for the state of '${CMAKE_other_btf}', so the test says nothing.")
endif()

# CMake copies the BTF again when the copy is gone.
file(REMOVE "${build_dir}/ebpfkit/running-kernel.btf")
count_calls(again -DPROGRAMS=12 -DEBPFKIT_BTF=)
if(NOT trace MATCHES "[)]:  file[(]COPY_FILE ")
  message(FATAL_ERROR "The copy of the kernel's BTF is gone, and it was not copied again.")
endif()
