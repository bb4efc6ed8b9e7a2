// How long a program could not run because others had the processors.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace ebpfkit::host {

// Returns how long the thread of `process` that waited longest was ready to run and had no
// processor (the second number of /proc/<pid>/task/<tid>/schedstat, Documentation/scheduler/
// sched-stats.rst of Linux). Zero where the kernel does not count it (CONFIG_SCHED_INFO), and for a
// process that has ended.
std::chrono::nanoseconds time_without_processor(pid_t process);

}  // namespace ebpfkit::host
