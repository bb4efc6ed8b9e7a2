#include "start_system.hpp"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "network.hpp"

namespace ebpfkit::guest {

namespace {

struct mount_point {
  const char* type;
  const char* directory;
};

// Returns false when the kernel has the file system and cannot mount it.
bool mount_one(const mount_point& point) {
  mkdir(point.directory, 0755);
  return mount(point.type, point.directory, point.type, 0, nullptr) == 0 || errno == ENODEV ||
         errno == ENOENT || errno == EBUSY;
}

void note(std::string& problems, const std::string& what) {
  problems += what + ": " + strerror(errno) + "\n";
}

void load_module(const std::string& path, std::string& problems) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || (syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST))
    note(problems, "cannot load the module " + path);
  if (file >= 0)
    close(file);
}

// The host's tool gives the kernel's configuration. Distributions, and so libbpf, have it under the
// name of the release (bpf_object__read_kconfig_file() of libbpf.c).
void name_configuration(std::string& problems) {
  utsname system{};
  if (access("/boot/config", F_OK) != 0 || uname(&system) != 0)
    return;
  if (symlink("config", (std::string("/boot/config-") + system.release).c_str()) != 0 &&
      errno != EEXIST)
    note(problems, "cannot name the kernel's configuration");
}

}  // namespace

void mount_first() {
  for (const mount_point& point :
       {mount_point{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}})
    mount_one(point);
}

std::string start_system(const plan& wanted) {
  std::string problems;
  for (const mount_point& point : {mount_point{"tracefs", "/sys/kernel/tracing"},
                                   {"debugfs", "/sys/kernel/debug"},
                                   {"securityfs", "/sys/kernel/security"},
                                   {"bpf", "/sys/fs/bpf"},
                                   {"cgroup2", "/sys/fs/cgroup"},
                                   {"tmpfs", "/tmp"},
                                   {"tmpfs", "/run"},
                                   {"tmpfs", "/dev/shm"}})
    if (!mount_one(point))
      note(problems, std::string("cannot mount ") + point.directory);
  chmod("/tmp", 01777);
  mkdir("/run/netns", 0755);

  const rlimit no_limit{RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &no_limit) != 0)
    note(problems, "cannot raise RLIMIT_MEMLOCK");
  name_configuration(problems);

  for (const std::string& module : wanted.modules)
    load_module(module, problems);
  if (!bring_up("lo"))
    note(problems, "cannot bring up the interface lo");
  if (wanted.network) {
    if (!make_veth_pair("veth0", "veth1"))
      note(problems, "cannot make the interfaces veth0 and veth1");
    else if (!bring_up("veth0") || !bring_up("veth1"))
      note(problems, "cannot bring up the interfaces veth0 and veth1");
  }
  return problems;
}

void stop_machine() {
  for (;;) {
    reboot(RB_AUTOBOOT);
    sleep(1);
  }
}

}  // namespace ebpfkit::guest
