// Ends in the way that its first argument names.
#include <fcntl.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

namespace {

void write_file(const char* path, const char* text) {
  const int file = open(path, O_WRONLY);
  if (file < 0 || write(file, text, strlen(text)) < 0)
    std::perror(path);
}

std::string content(const char* path) {
  std::string line;
  std::getline(std::ifstream(path) >> std::ws, line);
  return line;
}

int complain(const char* what) {
  std::printf("wrong: %s\n", what);
  return 1;
}

bool is_mounted(const char* path, long type) {
  struct statfs found {};
  return statfs(path, &found) == 0 && found.f_type == type;
}

// What ebpf_add_vm_test promises.
int see_the_system(const char* argument) {
  if (geteuid() != 0)
    return complain("not root");
  if (std::strcmp(argument, "an argument with \"signs\"") != 0)
    return complain(argument);
  const char* greeting = std::getenv("GREETING");
  if (greeting == nullptr || std::strcmp(greeting, "good day") != 0)
    return complain("environment");
  if (content("data.txt") != "content of a file" || content("/etc/other.txt") != "content of a file")
    return complain("files");
  if (!is_mounted("/sys/fs/bpf", 0xcafe4a11) || !is_mounted("/sys/kernel/tracing", 0x74726163) ||
      !is_mounted("/sys/kernel/debug", 0x64626720) || !is_mounted("/sys/fs/cgroup", 0x63677270))
    return complain("mounts");
  for (const char* interface : {"lo", "veth0", "veth1"}) {
    const auto flags = content(("/sys/class/net/" + std::string(interface) + "/flags").c_str());
    if (flags.empty() || (std::stoi(flags, nullptr, 16) & 1) == 0)
      return complain(interface);
  }
  return sysconf(_SC_NPROCESSORS_ONLN) == 2 ? 0 : complain("processors");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string mode = count > 1 ? arguments[1] : "";
  std::cout << "mode " << mode << std::endl;
  if (mode == "fails")
    return 3;
  if (mode == "is_killed")
    raise(SIGSEGV);
  if (mode == "panics")
    write_file("/proc/sysrq-trigger", "c");
  // Stock kernels have nothing that warns when it is asked to, so the words of a warning must do.
  if (mode == "warns")
    write_file("/dev/kmsg", "<4>WARNING: CPU: 0 PID: 1 at a/file.c:1 a_function+0x1/0x2\n");
  if (mode == "stops")
    reboot(RB_AUTOBOOT);
  if (mode == "hangs")
    for (;;)
      pause();
  if (mode == "writes_tap")
    std::cout << "TAP version 13\n1..3\nok 1 - first\nwhy second fails\nnot ok 2 - second\nok 3 - third # SKIP no reason\n";
  if (mode == "writes_googletest")
    std::cout << "[ RUN      ] suite.one\n[       OK ] suite.one (1 ms)\n[ RUN      ] suite.two\n"
                 "[  SKIPPED ] suite.two (0 ms)\n";
  if (mode == "sees_the_system")
    return see_the_system(count > 2 ? arguments[2] : "");
  if (mode == "fills_the_disk") {
    std::ofstream file("/tmp/file", std::ios::binary);
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 2000 && file; ++i)
      file.write(block.data(), static_cast<std::streamsize>(block.size()));
    return file ? complain("the disk has no end") : 0;
  }
  return 0;
}
