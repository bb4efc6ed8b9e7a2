set(build_fails TRUE)
set(expected_texts
    "does not have the kernel's size, so no map or variable can hold it by value"
    "map 'tasks' holds 'struct task_struct' by value"
    "variable 'pair' holds 'struct task_struct' by value"
    "ask for the whole type: TYPES task_struct")
set(absent_files prog.bpf.o)
