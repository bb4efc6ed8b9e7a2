# What the application of each template does: the only list.
#
#   run_<template>     its arguments
#   action_<template>  what the shell does meanwhile, over and over
#   output_<template>  a regular expression for what the application then prints
#   kernel_<template>  the kernel of a virtual machine, for what the running kernel may not have; else it runs here
set(run_c 2)
set(action_c "/bin/true")
set(output_c "[1-9][0-9]* programs started")

set(run_cgroup /sys/fs/cgroup 2)
set(action_cgroup "(: < /dev/tcp/127.0.0.1/9) 2> /dev/null")
set(output_cgroup "port 9: [1-9][0-9]* connection")
set(kernel_cgroup debian/6.1/amd64)

set(run_fentry 2)
set(action_fentry "${action_cgroup}")
set(output_fentry "process [0-9]+ to 127\\.0\\.0\\.1:9")
set(kernel_fentry debian/6.12/amd64)

set(run_iterator "")
set(action_iterator ":")
set(output_iterator "[1-9][0-9]* cmake")

set(run_kprobe 2)
set(action_kprobe "/bin/sleep 0")
set(output_kprobe "bytes: reads\n.*[0-9]+: [1-9][0-9]* \\*")
set(kernel_kprobe debian/6.1/amd64)

set(run_lsm keep.txt 2)
set(action_lsm ": > /tmp/keep.txt; /bin/rm -f /tmp/keep.txt 2> /dev/null")
set(output_lsm "[1-9][0-9]* removals of 'keep\\.txt' were refused")
set(kernel_lsm debian/6.1/amd64)

set(run_openwrt 2)
set(action_openwrt "/bin/true")
set(output_openwrt "from the running kernel.*[0-9]+ of [0-9]+ ran [0-9]+ ms: true")

set(run_sched_ext 2)
set(action_sched_ext "/bin/sleep 0")
set(output_sched_ext "[1-9][0-9]* switches, [1-9][0-9]* a second")
set(kernel_sched_ext debian/7.0/amd64)

set(run_tc lo 9 2)
set(action_tc "echo x > /dev/udp/127.0.0.1/9")
set(output_tc "[1-9][0-9]* packets to port 9 were dropped")

set(run_tracepoint 2)
set(action_tracepoint "/bin/sleep 0")
set(output_tracepoint "[0-9]+ user 0 sleep")
set(kernel_tracepoint debian/6.12/amd64)

set(run_uprobe libc.so.6 malloc 2)
set(action_uprobe "/bin/true")
set(output_uprobe "process [0-9]+: [1-9][0-9]* calls")
set(kernel_uprobe debian/6.12/amd64)

set(run_xdp lo 2)
set(action_xdp "echo x > /dev/udp/127.0.0.1/9")
set(output_xdp "UDP: [1-9][0-9]* packets, [1-9][0-9]* bytes")

# write_script(<file> <template> <program>): writes what bash does: it starts the program, acts until the program ends, and
# ends as the program does.
function(write_script file template program)
  list(JOIN run_${template} " " arguments)
  file(
    WRITE "${file}"
    "'${program}' ${arguments} &
while kill -0 $! 2> /dev/null; do ${action_${template}}; sleep 0.1; done
wait $!
")
endfunction()
