// What an init does before anything else can run.
#pragma once

#include <string>

#include "plan.hpp"

namespace ebpfkit::guest {

// Mounts /dev, /proc and /sys. Messages and the channel need them.
void mount_first();

// Mounts the other file systems that programs expect (tracefs, debugfs, bpffs, cgroup2, tmpfs),
// raises RLIMIT_MEMLOCK, which counts BPF memory before Linux 5.11, gives /boot/config the name of
// the release, loads the plan's modules, and brings the loopback interface up, and two veth
// interfaces when the plan asks for them. Returns one line for each thing that failed. A kernel
// without that part is no error (ENODEV, ENOENT).
std::string start_system(const plan& wanted);

// Restarts the machine, which ends QEMU (-no-reboot). Usually QEMU is ended before, because the
// host has all results. Never returns.
[[noreturn]] void stop_machine();

}  // namespace ebpfkit::guest
