set(build_fails TRUE)
set(expected_texts "loads: OPTIONAL 'cuont': there is no such program; nearest: count"
                   "Write the name of a function with SEC(), or OBJECT.FUNCTION.")
set(absent_files ebpf/loads/loads.tests.cmake)
