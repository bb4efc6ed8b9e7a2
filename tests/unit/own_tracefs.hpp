// Tracepoints by name need tracefs, which not every system mounts.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace ebpfkit::test {

// Mounts tracefs where it is missing, in a mount namespace that only this process and its children
// have, so that the system stays as it is. Returns false without the right to do so.
inline bool have_tracefs() {
  if (access("/sys/kernel/tracing/events", F_OK) == 0)
    return true;
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, nullptr) == 0;
}

}  // namespace ebpfkit::test
