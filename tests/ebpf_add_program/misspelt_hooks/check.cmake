foreach(
  each
  "probe=kprobe/do_unlinkta=kprobe/do_unlinkat"
  "probe_offset=kretprobe/do_unlinkta=kretprobe/do_unlinkat"
  "several=kprobe.multi/do_unlinkta=kprobe.multi/do_unlinkat"
  "entry=fentry/do_unlinkta=fentry/do_unlinkat"
  "left=fexit/do_unlinkta=fexit/do_unlinkat"
  "call=ksyscall/opennat=ksyscall/openat"
  "point=tp/syscalls/sys_enter_opennat=tp/syscalls/sys_enter_openat"
  "point_of_kernel=tracepoint/sched/sched_swich=tracepoint/sched/sched_switch"
  "raw_point=raw_tp/sched_swich=raw_tp/sched_switch"
  "typed_point=tp_btf/sched_swich=tp_btf/sched_switch"
  "iterator=iter/task_flie=iter/task_file")
  string(REPLACE "=" ";" each "${each}")
  list(GET each 0 program)
  list(GET each 1 wrong)
  list(GET each 2 right)
  foreach(object automatic with_bindings)
    expect_output(
      "${object}.bpf.o': program '${program}': '${build_dir}/ebpfkit/running-kernel.btf' has no hook for SEC(\"${wrong}\"); the nearest is SEC(\"${right}\")"
    )
  endforeach()
endforeach()
foreach(program known_probe known_point known_raw_point known_iterator known_call other_module
                off_at_first)
  expect_no_output("program '${program}'")
endforeach()
expect_no_output("no_types.bpf.o'")
expect_nothing_to_do()
