set(build_fails TRUE)
set(expected_texts "No prototype declares 'lock_tasks' where it is called."
                   "extern <type> lock_tasks(<parameters>) __weak __ksym;" "tags as bpf_kfunc")
set(absent_files prog.bpf.o)
