set(build_fails TRUE)
set(expected_texts
    "have another size than the kernel's and cannot be values"
    "map 'tasks' holds 'struct task_struct' by value"
    "variable 'pair' holds 'struct task_struct' by value"
    "ask for the whole type: TYPES task_struct")
set(absent_files prog.bpf.o)
